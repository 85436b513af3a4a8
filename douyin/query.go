package douyin

import (
	"context"
	"slices"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/parallel"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// MaxProductsPerRequest is how many products the vendor looks up in one request.
const MaxProductsPerRequest = 500

// ProductsResult is the answer to QueryProducts.
type ProductsResult struct {
	// Products are in the order of the ids, each of them once. Products that the
	// vendor returned without being asked come last.
	Products []ProductEntry
	// Missing are the ids for which the vendor returned no product, in the order
	// of the ids: unknown products, products of other apps, and some products
	// that have not passed a review yet.
	Missing []int64
	// LogIDs are the log_ids that the vendor's support asks for, one per request.
	LogIDs []string
	// Unread lists what could not be read of the answers: fields that are
	// therefore zero in Products, and products that were left out, whose ids are
	// in Missing.
	Unread []edusdk.UnreadField
}

// productQuery are the parameters of a request.
type productQuery struct {
	IDs []int64 `json:"product_ids"`
}

// productsData is the payload of an answer.
type productsData struct {
	inData

	Products []ProductEntry `json:"products" wire:"essential,null"`
}

func (d *productsData) Absent() string {
	if d == nil {
		return "data"
	}
	return ""
}

var queryProducts = transport.Declare[envelope, productQuery](vendor, transport.Spec{
	Op: "QueryProducts", Section: "查询课程", Path: "product/api/query", Class: transport.Read,
}, func(a *products) *products { return a })

// products is the answer to a query.
type products = answer[productsData, *productsData]

// Validate is for transport.Request: QueryProducts has checked the ids.
func (productQuery) Validate() error { return nil }

// QueryProducts looks products up (查询课程, POST product/api/query; scope
// developer.open.product.add). ids must be positive; duplicates are asked for
// once. More than 500 ids are split into several requests, of which
// Config.Concurrency run at the same time. The first error ends all of them, and
// then there is no result. An empty list is refused.
func (c *Client) QueryProducts(ctx context.Context, ids ...int64) (*ProductsResult, error) {
	if err := checkIDs(ctx, ids); err != nil {
		return nil, c.core.transport.Refuse(ctx, queryProducts.Spec, err)
	}
	ids = unique(ids)
	chunks := slices.Collect(slices.Chunk(ids, MaxProductsPerRequest))
	answers, unread := make([]*products, len(chunks)), make([][]edusdk.UnreadField, len(chunks))
	ask := func(ctx context.Context, i int) (err error) {
		answers[i], unread[i], err = queryProducts.Read(ctx, c.core, productQuery{chunks[i]})
		return err
	}
	if err := c.core.forEach(ctx, len(chunks), ask); err != nil {
		return nil, c.core.transport.Interrupted(queryProducts.Op, err)
	}
	result := merge(ids, answers)
	result.Unread = slices.Concat(unread...)
	return result, nil
}

// forEach calls f for each number below n, several side by side. Most calls ask
// for one request's worth, which needs no goroutine.
func (c *core) forEach(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	if n == 1 {
		return f(ctx, 0)
	}
	group := parallel.NewGroup(ctx, c.concurrency)
	for i := range n {
		group.Go(func(ctx context.Context) error { return f(ctx, i) })
	}
	return group.Wait()
}

func checkIDs(ctx context.Context, ids []int64) error {
	switch {
	case ctx == nil:
		return params.FieldError("ctx", "must not be nil")
	case len(ids) == 0:
		return params.FieldError("ids", "must not be empty")
	case slices.Min(ids) <= 0:
		return params.FieldError("ids", "must be positive")
	}
	return nil
}

// unique returns ids without repetitions, in their order.
func unique(ids []int64) []int64 {
	seen := make(map[int64]struct{}, len(ids))
	out := make([]int64, 0, len(ids))
	for _, id := range ids {
		if _, again := seen[id]; !again {
			seen[id] = struct{}{}
			out = append(out, id)
		}
	}
	return out
}

// merge puts the products of all answers into the order of ids. The two states
// of a product can come in two entries.
func merge(ids []int64, answers []*products) *ProductsResult {
	result := &ProductsResult{}
	found := make(map[int64]*ProductEntry, len(ids))
	for _, id := range ids {
		found[id] = &ProductEntry{}
	}
	var others []ProductEntry
	for _, a := range answers {
		result.LogIDs = append(result.LogIDs, a.logID())
		for i := range a.Data.Products {
			entry := a.Data.Products[i].held()
			if entry == (ProductEntry{}) {
				continue
			}
			known := found[entry.ID()]
			if known == nil {
				others = append(others, entry)
				continue
			}
			if known.OnShelf == nil {
				known.OnShelf = entry.OnShelf
			}
			if known.Reviewing == nil {
				known.Reviewing = entry.Reviewing
			}
		}
	}
	for _, id := range ids {
		if entry := *found[id]; entry != (ProductEntry{}) {
			result.Products = append(result.Products, entry)
		} else {
			result.Missing = append(result.Missing, id)
		}
	}
	result.Products = append(result.Products, others...)
	return result
}
