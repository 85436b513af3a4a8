package zjy

import (
	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/transport"
)

// The codes of failures that have been seen. They are found in
// edusdk.Error.Code.
const (
	// CodeAnomaly means, as a number, an access that the vendor considers
	// abnormal, and as a string an expired session.
	CodeAnomaly = "-1"
	// CodeMessage comes with a message that says what is wrong, such as throttling
	// or a wrong password.
	CodeMessage = "-2"
	// CodeCaptcha asks for a captcha, to be solved in the vendor's own pages.
	CodeCaptcha = "-16"
	// CodePending says that another cell is pending: see PendingCellError.
	CodePending = "-100"
	// CodeFailed says that the call failed, without saying why.
	CodeFailed = "-500"

	codeOK = "1"
)

// KindOfCode returns the kind of a failure's code; quoted says whether the code is
// a string in the answer. It is ErrUnknown for codes that are not known, and for
// those that do not say what is wrong.
func KindOfCode(code string, quoted bool) edusdk.Kind {
	switch code {
	case CodeAnomaly:
		if quoted {
			return edusdk.ErrUnauthenticated
		}
		return edusdk.ErrPermissionDenied
	case CodeCaptcha, CodePending:
		return edusdk.ErrFailedPrecondition
	}
	return edusdk.ErrUnknown
}

// rejection returns the failure that an answer reports.
func rejection(e *envelope, body []byte) *transport.Rejection {
	r := &transport.Rejection{
		Kind: KindOfCode(e.Code.text, e.Code.quoted), Code: e.Code.text, Message: string(e.Msg),
	}
	if e.Code.text == CodePending {
		pending := &PendingCellError{}
		_ = lenient.Unmarshal(body, pending) // the vendor's no stays one if it does not tell the cells
		r.Cause = pending
	}
	return r
}

// PendingCellError is the cause of a failure with CodePending: the progress on
// the last cell was not saved, so the current one cannot be viewed. errors.As
// finds it. SwitchCell to Current makes that one viewable. Both cells are empty if
// the answer does not name them, which can happen for LogProgress.
type PendingCellError struct {
	Current PendingCell // the cell that was requested
	Last    PendingCell // the one that is pending
}

// PendingCell is a cell of a PendingCellError.
type PendingCell struct {
	CellRef

	CellName string  // the cell's name
	Percent  float64 // studied, in percent
}

// Error says what to do. It does not name the cells.
func (e *PendingCellError) Error() string {
	return "another cell is pending: save its progress, or go to this one with SwitchCell"
}

// UnmarshalJSON reads the vendor's flat fields.
func (e *PendingCellError) UnmarshalJSON(data []byte) error {
	var w struct {
		CurrCourseOpenID string  `json:"currCourseOpenId"`
		CurrOpenClassID  string  `json:"currOpenClassId"`
		CurrModuleID     string  `json:"currModuleId"`
		CurCellID        string  `json:"curCellId"` // the vendor's spelling
		CurrCellName     string  `json:"currCellName"`
		CurrPercent      float64 `json:"currPercent"`
		LastCourseOpenID string  `json:"lastCourseOpenId"`
		LastOpenClassID  string  `json:"lastOpenClassId"`
		LastModuleID     string  `json:"lastModuleId"`
		LastCellID       string  `json:"lastCellId"`
		LastCellName     string  `json:"lastCellName"`
		LastPercent      float64 `json:"lastPercent"`
	}
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	e.Current = PendingCell{
		CellRef{w.CurrCourseOpenID, w.CurrOpenClassID, w.CurCellID, w.CurrModuleID}, w.CurrCellName, w.CurrPercent,
	}
	e.Last = PendingCell{
		CellRef{w.LastCourseOpenID, w.LastOpenClassID, w.LastCellID, w.LastModuleID}, w.LastCellName, w.LastPercent,
	}
	return nil
}
