// Package school is a service that uses this module, as small as one can be: it is
// what docs/TESTING.md shows, and what is built as a module of its own, from a released
// zip, by .ci/consumer. It imports nothing internal.
package school

import (
	"context"
	"errors"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// Rooms is what a Timetable needs of Duobeiyun; *duobeiyun.RoomsService is one.
type Rooms interface {
	Create(ctx context.Context, req *duobeiyun.CreateRoomRequest) (*duobeiyun.Room, error)
	Created(ctx context.Context, req *duobeiyun.CreateRoomRequest) (*duobeiyun.Room, error)
}

// Timetable opens rooms for lessons.
type Timetable struct{ Rooms Rooms }

// Open creates the room of a lesson and returns its id. If the answer was lost, it
// looks for the room before it creates another.
func (t Timetable) Open(ctx context.Context, title string, start time.Time, length time.Duration) (roomID string, err error) {
	req := &duobeiyun.CreateRoomRequest{Title: title, Type: duobeiyun.OneToMany, StartTime: start, Length: length}
	room, err := t.Rooms.Create(ctx, req)
	if edusdk.MaybeApplied(err) {
		room, err = t.Rooms.Created(ctx, req)
		if errors.Is(err, edusdk.ErrNotFound) {
			room, err = t.Rooms.Create(ctx, req)
		}
	}
	if err != nil {
		return "", err
	}
	return room.RoomID, nil
}
