package main

import (
	"context"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/supervision"
)

const (
	maxBody   = 64 << 10                          // of a request in JSON
	maxUpload = duobeiyun.MaxDocumentSize + 1<<20 // with what is around the file
	// documentTimeout is how long the upload of a document and its conversion may take.
	documentTimeout = 5 * time.Minute
)

// user is a user of the school. A real service has them in a database.
type user struct {
	name string
	role duobeiyun.Role
}

var (
	users = map[string]user{
		"teacher": {"王老师", duobeiyun.RoleTeacher},
		"student": {"李四", duobeiyun.RoleStudent},
	}
	passwords = gin.Accounts{"teacher": "teacher", "student": "student"} // for a demonstration
)

// service answers the school's requests.
type service struct{ client *duobeiyun.Client }

// newService returns the school's handler. callerToken is what the supervision platform
// proves itself with.
func newService(client *duobeiyun.Client, callerToken string, logger *slog.Logger) (http.Handler, error) {
	receiver, err := newReceiver(callerToken, logger)
	if err != nil {
		return nil, err
	}
	s := service{client}
	router := gin.New()
	if err := router.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	router.Use(requestLog(logger), recovery(logger), answerErrors(logger))

	// What browsers and apps call. BasicAuth stands for your login.
	rooms := router.Group("/rooms", gin.BasicAuth(passwords))
	rooms.GET("", s.listRooms)
	rooms.POST("", teachersOnly, s.createRoom)
	rooms.GET("/:id", s.getRoom)
	rooms.POST("/:id/documents", teachersOnly, s.addDocument)
	rooms.GET("/:id/enter", withParams, gin.WrapH(client.Rooms.EnterHandler(enter)))

	// What the supervision platform calls. It proves itself by its own token.
	router.POST(supervision.PathPushClass, gin.WrapH(receiver))
	router.POST(supervision.PathPullCourses, gin.WrapH(receiver))
	// A page of another site must not make a user's browser change anything here.
	return http.NewCrossOriginProtection().Handler(router), nil
}

// room is what the service tells of a room.
type room struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	StartTime time.Time `json:"startTime"`
	Length    int       `json:"length"` // in minutes
}

func shown(r *duobeiyun.Room) room {
	return room{r.RoomID, r.Title, r.StartTime.Time, int(r.Duration().Minutes())}
}

func (s service) listRooms(c *gin.Context) {
	page, err := strconv.Atoi(c.DefaultQuery("page", "1"))
	if err != nil {
		fail(c, badInput("page", "must be a number"))
		return
	}
	list, err := s.client.Rooms.List(c.Request.Context(), &duobeiyun.ListRoomsRequest{PageNo: page})
	if err != nil {
		fail(c, err)
		return
	}
	rooms := make([]room, len(list.Items))
	for i, r := range list.Items {
		rooms[i] = shown(r)
	}
	c.JSON(http.StatusOK, gin.H{"rooms": rooms, "pages": list.TotalPages})
}

func (s service) getRoom(c *gin.Context) {
	r, err := s.client.Rooms.Get(c.Request.Context(), c.Param("id"))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, shown(r))
}

func (s service) createRoom(c *gin.Context) {
	var in room
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	// Fields are not checked here: the SDK refuses what the vendor would, and names it.
	if err := c.ShouldBindJSON(&in); err != nil {
		fail(c, badInput("body", "must be JSON such as "+`{"title": "…", "startTime": "2026-03-02T09:00:00+08:00", "length": 90}`))
		return
	}
	r, err := s.client.Rooms.Create(c.Request.Context(), &duobeiyun.CreateRoomRequest{
		Title: in.Title, StartTime: in.StartTime, Length: time.Duration(in.Length) * time.Minute, Video: true, Type: duobeiyun.OneToMany,
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, shown(r))
}

// addDocument keeps its caller waiting until the document can be shown. If that is too long
// for your users, run AddDocument in a queue of yours, and tell them of its progress.
func (s service) addDocument(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), documentTimeout)
	defer cancel()
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxUpload)
	file, err := c.FormFile("file")
	if err != nil {
		fail(c, badInput("file", "must be a file of at most 20 MB in a form"))
		return
	}
	id, err := s.attach(ctx, c.Param("id"), file)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, gin.H{"documentId": id})
}

func (s service) attach(ctx context.Context, roomID string, file *multipart.FileHeader) (string, error) {
	content, err := file.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = content.Close() }() // it was only read
	return s.client.Rooms.AddDocument(ctx, &duobeiyun.AddDocumentRequest{
		RoomID: roomID, Name: file.Filename, Content: content, Size: file.Size,
	})
}

// enter says who enters which room: whoever has logged in, never what the address claims.
func enter(r *http.Request) (*duobeiyun.EnterRequest, error) {
	name, _, _ := r.BasicAuth() // which gin.BasicAuth has checked
	u, known := users[name]
	if !known {
		return nil, edusdk.ErrPermissionDenied
	}
	return &duobeiyun.EnterRequest{RoomID: r.PathValue("id"), UID: name, Nickname: u.name, Role: u.role}, nil
}

// withParams shows Gin's parameters to handlers of net/http, as r.PathValue.
func withParams(c *gin.Context) {
	for _, p := range c.Params {
		c.Request.SetPathValue(p.Key, p.Value)
	}
}

// teachersOnly lets no one else pass.
func teachersOnly(c *gin.Context) {
	if users[c.GetString(gin.AuthUserKey)].role != duobeiyun.RoleTeacher {
		c.AbortWithStatusJSON(http.StatusForbidden, gin.H{"error": edusdk.ErrPermissionDenied.String()})
	}
}

// newReceiver returns what answers the supervision platform.
func newReceiver(callerToken string, logger *slog.Logger) (*supervision.Receiver, error) {
	return supervision.NewReceiver(supervision.ReceiverConfig{
		Verify: supervision.SharedToken(callerToken), MaxSkew: 5 * time.Minute, PlatformCode: "school-1", Logger: logger,
		// A class that comes again gets the accounts that were made before.
		Replay: &supervision.ReplayConfig{},
		PushClass: func(_ context.Context, class *supervision.Class) (*supervision.PushClassResult, error) {
			result := &supervision.PushClassResult{PasswordRules: "身份证后六位"} //nolint:gosec // a rule, not a password
			for i, s := range class.Students {                              // a real service makes accounts
				result.Accounts = append(result.Accounts, supervision.StudentAccount{
					CardNo: s.CardNo, StudentUserAccount: fmt.Sprintf("%s-%d", class.ClassCode, i+1),
				})
			}
			return result, nil
		},
		PullCourses: func(context.Context, int, int) (*supervision.CoursePage, error) {
			return &supervision.CoursePage{}, nil // a real service reads them from its database
		},
	})
}
