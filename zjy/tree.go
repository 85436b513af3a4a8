package zjy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/guard"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/parallel"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// CourseTree is a whole course, in the vendor's order.
type CourseTree struct {
	Outline *Outline
	Modules []ModuleTree
}

// ModuleTree is a module with its topics.
type ModuleTree struct {
	Module

	Topics []TopicTree
}

// TopicTree is a topic with its cells.
type TopicTree struct {
	Topic

	Cells []Cell
}

// TreeOption changes how Tree goes about it.
type TreeOption func(*treeOptions)

type treeOptions struct {
	bound    int
	progress func(done, known int)
}

// defaultBound is how many requests Tree has under way.
const defaultBound = 8

// WithBound sets how many requests are under way at the same time, at the most;
// the default is 8. It must be positive.
func WithBound(n int) TreeOption { return func(o *treeOptions) { o.bound = n } }

// WithProgress lets report be told, after each request, how many are done and
// how many are known to be needed so far. It is never called twice at a time.
func WithProgress(report func(done, known int)) TreeOption {
	return func(o *treeOptions) { o.progress = report }
}

// tree is the name of a method that makes the calls of others.
var tree = &transport.Spec{Vendor: vendor, Op: "Tree", Class: transport.Read}

// Tree fetches a course's outline, the topics of its modules and the cells of
// its topics: one request for the outline, one for each module and one for each
// topic, several side by side. The first error ends it.
func (c *Client) Tree(ctx context.Context, courseOpenID, openClassID string, opts ...TreeOption) (*CourseTree, error) {
	o := treeOptions{bound: defaultBound}
	for _, opt := range opts {
		if opt == nil {
			return nil, c.core.transport.Refuse(ctx, tree, params.FieldError("opts", "must not hold nil"))
		}
		opt(&o)
	}
	if o.bound <= 0 {
		return nil, c.core.transport.Refuse(ctx, tree, params.FieldError("WithBound", "must be positive"))
	}
	count := counter{turn: make(chan struct{}, 1), known: 1, report: o.progress}
	outline, err := c.Outline(ctx, courseOpenID, openClassID)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(outline.Progress.ModuleList, func(m Module) bool { return m.ID == "" }); i >= 0 {
		return nil, c.lacks("progress.moduleList", i)
	}
	whole := &CourseTree{Outline: outline, Modules: make([]ModuleTree, len(outline.Progress.ModuleList))}
	if err := count.done(ctx, len(whole.Modules)); err != nil {
		return nil, c.core.transport.Interrupted(tree.Op, err)
	}

	group := parallel.NewGroup(ctx, o.bound)
	for i, m := range outline.Progress.ModuleList {
		module := &whole.Modules[i]
		module.Module = m
		group.Go(func(ctx context.Context) error {
			topics, err := c.Topics(ctx, courseOpenID, m.ID)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(topics, func(topic Topic) bool { return topic.ID == "" }); i >= 0 {
				return c.lacks("topicList", i)
			}
			module.Topics = make([]TopicTree, len(topics))
			if err := count.done(ctx, len(topics)); err != nil {
				return err
			}
			for i, topic := range topics {
				module.Topics[i].Topic = topic
				group.Go(func(ctx context.Context) (err error) {
					module.Topics[i].Cells, err = c.Cells(ctx, courseOpenID, openClassID, topic.ID)
					if err == nil {
						err = count.done(ctx, 0)
					}
					return err
				})
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, c.core.transport.Interrupted(tree.Op, err)
	}
	return whole, nil
}

// lacks returns the error that an element of an answer cannot be asked for.
func (c *Client) lacks(list string, i int) error {
	return &edusdk.Error{Vendor: vendor, Op: tree.Op, Kind: edusdk.ErrMalformedResponse, Attempts: 1,
		Err: &lenient.Error{Field: fmt.Sprintf("%s[%d].id", list, i), Problem: "is missing"}}
}

// counter counts requests.
type counter struct {
	turn         chan struct{} // holds one while they are counted
	count, known int
	report       func(done, known int)
	over         error // why report is not called any more
}

// reportGrace is how long a report under way may go on after ctx has ended.
const reportGrace = time.Second / 2

// done counts a request that is done and showed so many more to be needed. It
// fails if the report does not return.
func (c *counter) done(ctx context.Context, more int) error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.count++
	c.known += more
	if c.report == nil || c.over != nil {
		return c.over
	}
	count, known := c.count, c.known
	c.over = guard.ErrPanicked // unless it returns
	_, c.over = guard.Call(ctx, reportGrace, func() struct{} {
		c.report(count, known)
		return struct{}{}
	})
	return c.over
}
