package school

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

var _ Rooms = (*duobeiyun.RoomsService)(nil)

// scripted is a Rooms that does what a test wants.
type scripted struct {
	create, created func(*duobeiyun.CreateRoomRequest) (*duobeiyun.Room, error)
}

func (s scripted) Create(_ context.Context, req *duobeiyun.CreateRoomRequest) (*duobeiyun.Room, error) {
	return s.create(req)
}

func (s scripted) Created(_ context.Context, req *duobeiyun.CreateRoomRequest) (*duobeiyun.Room, error) {
	return s.created(req)
}

func TestOpenLooksBeforeItCreatesAgain(t *testing.T) {
	creates := 0
	rooms := scripted{
		create: func(*duobeiyun.CreateRoomRequest) (*duobeiyun.Room, error) {
			creates++
			return nil, &edusdk.Error{Kind: edusdk.ErrUnavailable, MaybeApplied: true}
		},
		created: func(req *duobeiyun.CreateRoomRequest) (*duobeiyun.Room, error) {
			return &duobeiyun.Room{RoomID: "jz1", Title: req.Title}, nil
		},
	}
	id, err := Timetable{rooms}.Open(t.Context(), "初二数学", time.Now().Add(time.Hour), time.Hour)
	require.NoError(t, err)
	require.Equal(t, "jz1", id)
	require.Equal(t, 1, creates)
}
