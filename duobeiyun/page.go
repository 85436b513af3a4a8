package duobeiyun

import (
	"errors"
	"iter"

	"github.com/edusdk/edusdk"
)

// Pagination is what the vendor says of a page of a list (document: pagination
// 参数说明).
type Pagination struct {
	PageNo      int   `json:"pageNo"`                           // this page, from 1
	PageSize    int   `json:"pageSize"`                         // items on a full page
	CountTotal  bool  `json:"countTotal"`                       // whether TotalCount was counted
	SliderCount int   `json:"sliderCount"`                      // length of Slider at the most
	TotalCount  int   `json:"totalCount" wire:"essential,null"` // items in all
	TotalPages  int   `json:"totalPages" wire:"essential,null"` // pages in all
	LastPage    bool  `json:"lastPage" wire:"essential"`        // whether this is the last page
	NextPage    int   `json:"nextPage"`                         // the next page, on the last one itself
	HasNextPage bool  `json:"hasNextPage" wire:"essential"`     // whether there is a next page
	FirstPage   bool  `json:"firstPage"`                        // whether this is the first page
	PrePage     int   `json:"prePage"`                          // the page before, on the first one itself
	HasPrePage  bool  `json:"hasPrePage"`                       // whether there is a page before
	Slider      []int `json:"slider"`                           // page numbers to offer for navigation
}

// maxStalePages is how many pages in a row may hold nothing new before a list
// counts as stuck. One can come about when items are added while it is read.
const maxStalePages = 2

var errStuck = errors.New("the list does not advance: the vendor repeats pages and promises more")

// all yields the items of every page from the first on, each once, and ends
// with the last page or the first error.
func all[T any](first int, fetch func(pageNo int) ([]T, Pagination, error), id func(T) string, stuck func(error) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seen := map[string]struct{}{}
		stale := 0
		if first == 0 {
			first = 1
		}
		for pageNo := first; ; pageNo++ {
			items, page, err := fetch(pageNo)
			if err != nil {
				yield(*new(T), err)
				return
			}
			stale++
			for _, item := range items {
				if id := id(item); id != "" { // nobody can tell others apart
					if _, again := seen[id]; again {
						continue
					}
					seen[id] = struct{}{}
					stale = 0
				}
				if !yield(item, nil) {
					return
				}
			}
			switch {
			case page.LastPage || !page.HasNextPage:
				return
			case stale >= maxStalePages:
				yield(*new(T), stuck(errStuck))
				return
			}
		}
	}
}

// stuckList returns the error for a list that does not advance.
func (c *core) stuckList(op string) func(error) error {
	return func(cause error) error {
		return &edusdk.Error{Vendor: vendor, Op: op, Kind: edusdk.ErrMalformedResponse, Err: cause}
	}
}

func checkPageNo(n int) error {
	if n < 0 {
		return fieldError("PageNo", "must not be negative; pages count from 1")
	}
	return nil
}
