package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/edusdk/edusdk/internal/enum"
)

// Kind is what a report tells the platform.
type Kind uint8

// The kinds of report. Their numbers are stored and never change.
const (
	KindStart     Kind = 1 + iota // 1.3, a student begins to watch
	KindProgress                  // 1.10, a student has watched for a while
	KindRecording                 // 1.9, where the recording of a student is
	KindEnd                       // 1.4, a student is done
)

var kindNames = [...]string{KindStart: "start", KindProgress: "progress", KindRecording: "recording", KindEnd: "end"}

// String returns the kind in one lower-case word.
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kindNames[k]
}

// Status is where a record stands.
type Status uint8

// The statuses of a record. Their numbers are stored and never change.
const (
	// Unknown: there is no such record, or it was sent so long ago that its key
	// has been forgotten.
	Unknown Status = iota
	// Waiting: the record is in its lane and is not being sent.
	Waiting
	// Sending: the record is claimed, and may be on its way.
	Sending
	// Parked: the record may have arrived. It is set aside until it is settled.
	Parked
	// Dead: the record was given up, and waits for a person.
	Dead
	// Sent: the record was sent, or settled as having arrived, or purged.
	Sent
)

var statusNames = [...]string{Unknown: "unknown", Waiting: "waiting", Sending: "sending", Parked: "parked", Dead: "dead", Sent: "sent"}

// String returns the status in one lower-case word.
func (s Status) String() string {
	if int(s) >= len(statusNames) {
		return fmt.Sprintf("status %d", uint8(s))
	}
	return statusNames[s]
}

// Store keeps records until they have been sent, in lanes: the records of a lane
// are handed out one after the other in the order in which they were appended,
// and lanes independently of one another. All that a method has done is durable
// when it returns. An implementation is safe for concurrent use, by several
// processes if it says so; package outboxtest has the suite that it must pass.
//
// Methods take several items at a time because the cost of making one durable
// hardly differs from that of making a hundred durable.
//
// A store uses a clock of its own; those of several processes must agree to
// within a small part of a lease.
type Store interface {
	// Append stores batches, each with an outcome of its own: nil, ErrFull,
	// ErrFenced or another error. Of a batch either everything is stored or
	// nothing. Its records are appended to their lanes in the order given. A
	// record whose lane and key are known already, waiting or sent, is left out
	// and is not an error. It returns one error for each batch.
	Append(ctx context.Context, batches []Batch) []error

	// Claim hands out the heads of lanes, the lane whose head was appended first
	// coming first. Claims are durable before it returns, so that a crash
	// cannot hide that something was on its way. A lane is not handed out while
	// it is claimed under a lease, held, or waiting for a time (Outcome).
	Claim(ctx context.Context, req ClaimRequest) (Claims, error)

	// Finish tells how claims ended. The result for a claim is false where its
	// fence is not its lane's any more, because the lease has expired and the
	// lane was handed out again: nothing is changed by it then. Lanes are free to
	// be claimed again once it returns.
	Finish(ctx context.Context, finished []Finished) ([]bool, error)

	// Resolve decides about records that are Parked or Dead. The result for a
	// resolution is false where its record is neither.
	Resolve(ctx context.Context, resolutions []Resolution) ([]bool, error)

	// List returns records by ascending sequence.
	List(ctx context.Context, req ListRequest) ([]Stored, error)

	// Lookup returns where the record with a lane and key stands.
	Lookup(ctx context.Context, lane, key string) (Status, error)

	// LoadState returns a state; one that does not exist has no Data.
	LoadState(ctx context.Context, key string) (State, error)

	// States returns up to limit states whose key begins with prefix and is
	// greater than after, by ascending key; those that do not exist are left
	// out.
	States(ctx context.Context, prefix, after string, limit int) ([]State, error)

	// Stats counts what the store holds.
	Stats(ctx context.Context) (StoreStats, error)
}

// Batch is what is stored as a whole or not at all.
type Batch struct {
	Records []Record
	States  []State
}

// Record is something that is to be sent.
type Record struct {
	// Lane names the lane. Key identifies the record within it: appending it
	// again changes nothing.
	Lane, Key string
	Kind      Kind
	Body      []byte    // opaque to the store
	At        time.Time // when what it tells came about; opaque to the store
	// Join is equal for neighbours in the lane that may be sent as one (see
	// ClaimRequest.Merge); "" joins nothing. Only records of KindProgress have it.
	Join string
	// Spaced records wait for their lane's hold to end (Finished.Hold).
	Spaced bool
}

// State is a piece of the importer's data that is stored together with records.
type State struct {
	Key string
	// Fence is the number of times the state has been stored. Storing one
	// succeeds if Fence is the stored one, which is then raised by one; a state
	// that was never stored has 0. It fails with ErrFenced otherwise, unless it
	// repeats the very change that made the stored state.
	Fence uint64
	// Data is the state itself; storing nil deletes it. The fence of a deleted
	// state is kept as long as the keys of sent records.
	Data []byte
}

// ClaimRequest says how much is to be handed out.
type ClaimRequest struct {
	Max   int           // claims, at least 1
	Lease time.Duration // after which a claim that was not finished is handed out again
	// Merge is the most records that a claim may hold because their Join is
	// equal. 0 and 1 mean one record. Records that are Folded do not count.
	Merge int
}

// Claims is what Claim returns.
type Claims struct {
	Claims []Claim
	// Next is when a lane that could not be handed out can be, if nothing else
	// happens before; zero where the store does not know of any.
	Next time.Time
}

// Claim is the head of a lane, handed out to be sent.
type Claim struct {
	Lane string
	// Fence is greater than that of every earlier claim of the lane.
	Fence uint64
	// Records are to be sent as one, in this order; usually it is one record.
	// They are the first record of the lane; in front of one of KindProgress
	// those that are Folded, and behind it those that may be merged. Where the
	// records behind the Folded ones are of another kind, the Folded ones are a
	// claim of their own. Those of a claim whose lease has expired, or
	// that a crash ended, are handed out together again, as Open.
	Records []Stored
	// Passed is, by kind, the sequence of the last record of the lane that was
	// sent, or may have been; 0 if there is none. It is forgotten like a key, but
	// not while the lane has records. Mark is what was given with the last one of
	// KindProgress (Finished.Mark).
	Passed [KindEnd + 1]uint64
	Mark   int64
}

// Stored is a record in a store.
type Stored struct {
	Record

	Sequence uint64 // ascending in the order of appending
	Status   Status
	Since    time.Time // when it was appended or, if later, replayed
	Changed  time.Time // when it got its status
	Attempts int       // how often Finish has told of a Retry, SetAside, Hold or Bury since then
	Reason   string    // of the last one
	// Open: it may have arrived at an earlier attempt.
	Open bool
	// Holds: it is Parked, and its lane waits for it (Hold).
	Holds bool
	// Folded: it is of KindProgress, and a later one of its lane has been sent, or
	// may have been: it goes out together with the next one (Claim.Records).
	Folded bool
	// Group is the fence of the last claim that it was part of: records that were
	// sent as one have the same.
	Group uint64
}

// Finished tells how a claim ended.
type Finished struct {
	Claim   Claim
	Outcome Outcome
	// Reason is remembered for Retry, SetAside, Hold and Bury. It holds nothing
	// personal.
	Reason string
	// At is, for Retry, the time before which the lane is not handed out.
	At time.Time
	// Open says, for Retry, that the records may have arrived.
	Open bool
	// Hold is a time before which the lane's Spaced records are not handed out,
	// unless that is already so until later. It outlives a restart.
	Hold time.Time
	// Mark is, for KindProgress, kept as Claim.Mark if the records were sent or
	// may have been: with Done, SetAside, and Retry if it is Open.
	Mark int64
}

// Outcome is how a claim ended.
type Outcome uint8

// The outcomes of a claim, for all of its records.
const (
	// Done removes the records, and keeps their keys for a while.
	Done Outcome = 1 + iota
	// Retry leaves the records at the head of their lane.
	Retry
	// Release leaves the records at the head of their lane as they were before
	// the claim: they were certainly not sent.
	Release
	// SetAside makes the records Parked; the lane goes on.
	SetAside
	// Hold is SetAside, and the lane waits until the records have been resolved.
	Hold
	// Bury makes the records Dead; the lane goes on.
	Bury
)

var outcomeNames = map[Outcome]string{Done: "Done", Retry: "Retry", Release: "Release", SetAside: "SetAside", Hold: "Hold", Bury: "Bury"}

// String returns the name of the constant, or its type and number where it has none.
func (o Outcome) String() string { return enum.Name(o, outcomeNames) }

// Resolution is the decision about a record that is Parked or Dead.
type Resolution struct {
	Sequence uint64
	// From is what the record must be, Parked or Dead.
	From Status
	// To is what it becomes. Sent removes it as if it had been sent. Waiting
	// puts it back into its lane, at its place, with Since set to the present and
	// Attempts to 0. Dead is for a Parked record. So is Parked: its lane does not
	// wait for it any more. A Dead record that is removed
	// counts in Claim.Passed only if it may have been sent.
	To Status
}

// ListRequest says which records are wanted.
type ListRequest struct {
	Status Status // Waiting (those that are Sending too), Parked or Dead
	Lane   string // "" means all lanes
	After  uint64 // a sequence; those of greater ones are returned
	Limit  int    // at least 1
}

// StoreStats is what a store holds.
type StoreStats struct {
	Waiting int // records in lanes, those that are Sending too
	Sending int // claims under way
	Parked  int // records
	Dead    int // records
	Lanes   int // that have a record in Waiting
	Held    int // lanes that wait for a Parked record of theirs
	States  int
	// Oldest is Stored.Since of the first record in Waiting; zero if there is none.
	Oldest time.Time
}
