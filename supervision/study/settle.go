package study

import (
	"context"
	"time"

	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

// RecordMeaning says what a platform's playTime (已学习时长) of 2.5 is. The document
// does not: compare what a student of a test class has studied, in two sessions
// and with a part watched twice, with what ClassRecords returns.
type RecordMeaning int

// The meanings.
const (
	// RecordSum is the sum of the progressTimes that the platform has counted.
	RecordSum RecordMeaning = 1 + iota
	// RecordPosition is the playTime of the last report.
	RecordPosition
)

var recordMeaningNames = map[RecordMeaning]string{RecordSum: "RecordSum", RecordPosition: "RecordPosition"}

// String returns the name of the constant, or its type and number where it has none.
func (m RecordMeaning) String() string { return enum.Name(m, recordMeaningNames) }

// SettleByRecords returns a function for outbox.Config.Settle that finds out
// whether a progress report that may have arrived was counted, from the platform's
// record of the class (2.5, Business.ClassRecords). store is the outbox's. meaning
// says what the record's playTime is on your platform: a wrong one makes wrong
// decisions.
//
// A record that cannot be read is an error: the outbox asks again. One that can be
// read has to be exactly what it is with the report or without it. Anything else is
// Undecided: the student is not in it or is more than once, or its value is
// another, such as where minutes were reported by other means than a Session; and
// where the report would not have changed it, where a later report of the lane has
// been sent, or, for RecordSum, where another one is parked or dead: the minutes of
// the one could stand for those of the other. So is every report that is not of
// progress, of which the record says nothing. Undecided leaves it to the outbox's
// Policy: under Park the minute is set aside, and is missing until somebody decides;
// under Resend it is sent again, and can be counted twice.
//
// Do not use it where the platform's records are behind what it has counted: a
// report that was counted would seem not to have been, and be sent again. With
// RecordSum, do not purge dead letters of progress while their students go on with
// the video either: the sum would be short by what nobody knows of any more.
func SettleByRecords(client *supervision.Client, store outbox.Store, meaning RecordMeaning) (func(context.Context, outbox.Report) (outbox.Verdict, error), error) {
	const op = "SettleByRecords"
	if client == nil {
		return nil, refused(op, fieldError("client", "must not be nil"))
	}
	if store == nil {
		return nil, refused(op, fieldError("store", "must not be nil"))
	}
	if meaning != RecordSum && meaning != RecordPosition {
		return nil, refused(op, fieldError("meaning", "must be RecordSum or RecordPosition"))
	}
	return func(ctx context.Context, r outbox.Report) (outbox.Verdict, error) {
		if r.Kind != outbox.KindProgress || r.Passed {
			return outbox.Undecided, nil
		}
		records, err := client.Business.ClassRecords(ctx, r.ClassCode)
		if err != nil {
			return outbox.Undecided, err
		}
		if meaning == RecordSum {
			if alone, err := isAlone(ctx, store, &r); err != nil || !alone {
				return outbox.Undecided, err
			}
		}
		return verdict(records, &r, meaning), nil
	}, nil
}

// isAlone reports whether all other reports of a report's lane were counted, or are
// still to be sent.
func isAlone(ctx context.Context, store outbox.Store, r *outbox.Report) (bool, error) {
	var group uint64 // of the report, if it is parked
	var others []outbox.Stored
	for _, status := range []outbox.Status{outbox.Parked, outbox.Dead} {
		found, err := store.List(ctx, outbox.ListRequest{Status: status, Lane: r.Lane(), Limit: 1000})
		if err != nil {
			return false, err
		}
		for _, s := range found {
			if s.Key == r.Key() {
				group = s.Group
			}
			if s.Kind == outbox.KindProgress {
				others = append(others, s)
			}
		}
	}
	for _, s := range others {
		if s.Key != r.Key() && (group == 0 || s.Group != group) { // those of its group were sent with it
			return false, nil
		}
	}
	return true, nil
}

// verdict compares a class's record with a report.
func verdict(records []supervision.StudyRecord, r *outbox.Report, meaning RecordMeaning) outbox.Verdict {
	found := -1
	for i := range records {
		s := &records[i]
		if s.UserCode != r.StudentUserCode || s.ResCode != r.ResCode || s.ClassCode != "" && s.ClassCode != r.ClassCode {
			continue
		}
		if found >= 0 {
			return outbox.Undecided
		}
		found = i
	}
	if found < 0 {
		return outbox.Undecided
	}
	with, without := r.PlayTime, r.Before
	if meaning == RecordSum {
		with = r.Total.Truncate(time.Second)
		without = with - r.ProgressTime
	}
	switch is := records[found].PlayTime; {
	case with == without, meaning == RecordSum && r.Total == 0:
		return outbox.Undecided
	case is == with:
		return outbox.Applied
	case is == without:
		return outbox.NotApplied
	}
	return outbox.Undecided
}
