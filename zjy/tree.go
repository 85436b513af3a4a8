package zjy

import (
	"context"
	"sync"

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
	count := counter{known: 1, report: o.progress}
	outline, err := c.Outline(ctx, courseOpenID, openClassID)
	if err != nil {
		return nil, err
	}
	whole := &CourseTree{Outline: outline, Modules: make([]ModuleTree, len(outline.Progress.ModuleList))}
	count.done(len(whole.Modules))

	group := parallel.NewGroup(ctx, o.bound)
	for i, m := range outline.Progress.ModuleList {
		module := &whole.Modules[i]
		module.Module = m
		group.Go(func(ctx context.Context) error {
			topics, err := c.Topics(ctx, courseOpenID, m.ID)
			if err != nil {
				return err
			}
			module.Topics = make([]TopicTree, len(topics))
			count.done(len(topics))
			for i, topic := range topics {
				module.Topics[i].Topic = topic
				group.Go(func(ctx context.Context) (err error) {
					module.Topics[i].Cells, err = c.Cells(ctx, courseOpenID, openClassID, topic.ID)
					if err == nil {
						count.done(0)
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

// counter counts requests.
type counter struct {
	mu           sync.Mutex
	count, known int
	report       func(done, known int)
}

// done counts a request that is done and showed so many more to be needed.
func (c *counter) done(more int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	c.known += more
	if c.report != nil {
		c.report(c.count, c.known)
	}
}
