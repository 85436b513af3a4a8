package douyintest

import (
	"fmt"
	"strconv"
)

// Product is a course as it is submitted.
type Product struct {
	ID    int64  // the product_id
	Title string // the course's name
	Price int64  // in fen
}

// states are the two that a product can have.
type states struct {
	onShelf, reviewing *version
	raw                map[string]any // shown in their place
}

// version is a product in one of its states.
type version struct {
	Product

	status int
	reason string
	audit  string
}

// Submit puts a product, or a change of one, under review (1 审核中).
func (h *Handler) Submit(p Product) {
	h.core.Lock()
	defer h.core.Unlock()
	h.audits++
	s := h.products[p.ID]
	if s == nil || s.raw != nil {
		s = &states{}
		h.products[p.ID] = s
	}
	s.reviewing = &version{Product: p, status: 1, audit: "KNC" + strconv.Itoa(10000+h.audits)}
}

// Approve ends a product's review and puts it on the shelf (1 上架). It reports
// whether there was such a review.
func (h *Handler) Approve(id int64) bool {
	h.core.Lock()
	defer h.core.Unlock()
	s := h.products[id]
	if s == nil || s.reviewing == nil {
		return false
	}
	s.onShelf, s.reviewing = s.reviewing, nil
	return true
}

// Reject ends a product's review (3 审核不通过). It reports whether there was
// such a review.
func (h *Handler) Reject(id int64, reason string) bool {
	h.core.Lock()
	defer h.core.Unlock()
	s := h.products[id]
	if s == nil || s.reviewing == nil {
		return false
	}
	s.reviewing.status, s.reviewing.reason = 3, reason
	return true
}

// Shelve puts a product that was approved on the shelf again (1 上架). It reports
// whether there is such a product.
func (h *Handler) Shelve(id int64) bool { return h.setShelf(id, 1, "") }

// Unshelve takes a product off the shelf (2 下架). It reports whether there is
// such a product.
func (h *Handler) Unshelve(id int64, reason string) bool { return h.setShelf(id, 2, reason) }

func (h *Handler) setShelf(id int64, status int, reason string) bool {
	h.core.Lock()
	defer h.core.Unlock()
	s := h.products[id]
	if s == nil || s.onShelf == nil {
		return false
	}
	s.onShelf.status, s.onShelf.reason = status, reason
	return true
}

// Remove makes a product unknown.
func (h *Handler) Remove(id int64) {
	h.core.Lock()
	defer h.core.Unlock()
	delete(h.products, id)
}

// SetEntry shows a product as entry in the answers' products, whatever that is:
// for other spellings and types than the fake's own.
func (h *Handler) SetEntry(id int64, entry map[string]any) {
	h.core.Lock()
	defer h.core.Unlock()
	h.products[id] = &states{raw: entry}
}

// show returns the product's entry in an answer.
func (s *states) show() map[string]any {
	if s.raw != nil {
		return s.raw
	}
	entry := map[string]any{}
	if s.onShelf != nil {
		entry["product_on_shelf"] = s.onShelf.show()
	}
	if s.reviewing != nil {
		entry["product_reviewing"] = s.reviewing.show()
	}
	return entry
}

func (v *version) show() map[string]any {
	return map[string]any{
		"product_id":   v.ID,
		"product_type": 1,
		"product_status": map[string]any{
			"status": v.status, "reject_reason": v.reason, "latest_audit_id": v.audit,
		},
		"common_product_info": map[string]any{
			"appid": AppID, "first_class": 10000, "second_class": 10100, "third_class": 10101, "title": v.Title,
			"qualification_uris":  []any{"product/resource/qualification1.jpg"},
			"purchase_precaution": "购买成功后，即可永久观看。",
			"product_fulfillment_lst": []any{map[string]any{
				"fulfillment_content": map[string]any{"fulfillment_uri": "product/resource/0001.mp4", "text": "", "name": v.Title},
				"fulfillment_type":    1,
			}},
			"industry_type": 1,
			"price_info":    map[string]any{"unit": "节", "price": v.Price, "real_price": v.Price},
			"path_info_lst": []any{map[string]any{
				"path": "page/index/index", "query": map[string]any{"course_id": fmt.Sprint(v.ID)},
			}},
			"product_detail_lst": []any{
				map[string]any{"text": v.Title, "img_uri": "product/resource/detail1.jpg"},
				map[string]any{"rich_text": "<p>" + v.Title + "</p>"},
			},
			"anchor_info": map[string]any{"video_anchor_info": map[string]any{"anchor_title": v.Title}},
		},
		"course_info": map[string]any{
			"teacher_introduction": "张三，十年教龄", "teacher_id": "T12345", "institution_id": "I12345",
			"teacher_img_uri": "product/resource/teacher.jpg", "course_num": 12,
			"refund_label": map[string]any{
				"type": 1, "day_before_use_info": map[string]any{"day": 7}, "rest_not_learn_info": map[string]any{"rest_percent": 50},
			},
			"start_timestamp": 13214312412, "end_timestamp": 23141231232, // the document's
			"use_label": map[string]any{"valid_date": "", "dynamic_valid_date": map[string]any{"year": 0, "month": 12, "day": 0}},
		},
	}
}
