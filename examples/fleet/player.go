package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// playerTells is how often a player tells the learning platform where it is.
const playerTells = 15 * time.Second

// player plays the video to a student.
type player struct {
	student  string
	home     int // the machine that it turns to first
	machines []*machine
	client   *http.Client
	clock    clock
	length   time.Duration
	books    *books
}

// watch plays the video to its end. Where the learning platform has counted less
// than was played, because a machine has died, the student watches that again.
func (p *player) watch(ctx context.Context) error {
	m := move{Student: p.student}
	a, err := p.tell(ctx, m) // the session begins
	for last := p.clock.now(); !a.Ended; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s could not end: %w", p.student, errors.Join(ctx.Err(), err))
		case <-time.After(p.clock.takes(playerTells)):
		}
		now := p.clock.now()
		m.Position, m.Jumped = min(m.Position+now.Sub(last), p.length), false
		last = now
		p.books.watched(p.student, m.Position)
		m.End = a.Watched >= p.length
		counted := a.Watched
		if a, err = p.tell(ctx, m); err != nil {
			continue // the player plays on, and tells later
		}
		p.books.acknowledged(p.student, a.Reported)
		if a.Position == p.length && a.Watched == counted && counted < p.length {
			a.Position, m.Jumped = a.Watched, true
		}
		if a.Position < m.Position {
			p.books.again(m.Position - a.Position)
		}
		if m.Position = a.Position; m.Jumped {
			_, err = p.tell(ctx, m)
		}
	}
	return nil
}

// tell tells the learning platform something: the machine that the student has
// always used, or if that one is gone the next one, as a load balancer would.
func (p *player) tell(ctx context.Context, m move) (a answer, err error) {
	for i := range p.machines {
		to := p.machines[(p.home+i)%len(p.machines)]
		s, killed := to.now()
		if killed {
			continue
		}
		if a, err = p.post(ctx, s.Address, m); err == nil {
			break
		}
	}
	return a, err
}

func (p *player) post(ctx context.Context, address string, m move) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	body, err := json.Marshal(m)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return answer{}, errors.New(resp.Status)
	}
	var a answer
	return a, json.NewDecoder(resp.Body).Decode(&a)
}
