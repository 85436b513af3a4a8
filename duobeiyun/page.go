package duobeiyun

import (
	"errors"
	"iter"

	"github.com/edusdk/edusdk"
)

// Pagination describes a page of a list (document: pagination 参数说明).
type Pagination struct {
	PageNo      int   `json:"pageNo"`                           // this page, from 1 (当前页)
	PageSize    int   `json:"pageSize"`                         // items on a full page (一页显示条数)
	CountTotal  bool  `json:"countTotal"`                       // presumably whether TotalCount was counted; not described in the document
	SliderCount int   `json:"sliderCount"`                      // presumably the most numbers in Slider; not described in the document
	TotalCount  int   `json:"totalCount" wire:"essential,null"` // items on all pages (记录总数)
	TotalPages  int   `json:"totalPages" wire:"essential,null"` // pages in all (总页数)
	LastPage    bool  `json:"lastPage" wire:"essential"`        // whether this is the last page
	NextPage    int   `json:"nextPage"`                         // number of the next page; on the last page, its own
	HasNextPage bool  `json:"hasNextPage" wire:"essential"`     // whether there is a next page
	FirstPage   bool  `json:"firstPage"`                        // whether this is the first page
	PrePage     int   `json:"prePage"`                          // number of the page before; on the first page, its own
	HasPrePage  bool  `json:"hasPrePage"`                       // whether there is a page before
	Slider      []int `json:"slider"`                           // page numbers for navigation (系统生成的页码)
}

// maxStalePages is how many pages in a row may hold nothing new before a list
// counts as stuck. One can come about when items are added while it is read.
const maxStalePages = 2

var errStuck = errors.New("the list does not advance: the vendor repeats pages and still announces more")

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
