package supervision

import (
	"context"

	"github.com/edusdk/edusdk/internal/transport"
)

// StudentsService verifies the identity of students and updates their photos.
type StudentsService service

var authenticate = declare[identity](transport.Spec{
	Op: "Students.Authenticate", Section: "1.2 实名认证接口", Path: "api/v1/authentication", Class: transport.Read,
}, nothing)

type identity struct {
	onPlatform

	CardNo string `json:"cardNo" arg:"cardNo"`
	Name   string `json:"name" arg:"name"`
}

func (identity) Validate() error { return nil }

// Authenticate checks that an ID number and a name belong together (1.2
// 实名认证接口, POST api/v1/authentication). If they do not, the error has the
// platform's returnCode.
func (s *StudentsService) Authenticate(ctx context.Context, cardNo, name string) error {
	return transport.Done(ctx, authenticate, (*service)(s), identity{CardNo: cardNo, Name: name})
}

var updatePhoto = declare[photo](transport.Spec{
	Op: "Students.UpdatePhoto", Section: "1.11 修改学员二寸照接口", Path: "api/v1/updateErcunPhotosUrl", Class: transport.Upsert,
}, nothing)

type photo struct {
	onPlatform

	CardNo   string `json:"cardNo" arg:"cardNo"`
	PhotoURL string `json:"ercunPhotoUrl" arg:"photoURL"`
}

func (p photo) Validate() error { return checkAddress("photoURL", p.PhotoURL) }

// UpdatePhoto replaces a student's ID photo (二寸照) with the one at photoURL (1.11
// 修改学员二寸照接口, POST api/v1/updateErcunPhotosUrl).
func (s *StudentsService) UpdatePhoto(ctx context.Context, cardNo, photoURL string) error {
	return transport.Done(ctx, updatePhoto, (*service)(s), photo{CardNo: cardNo, PhotoURL: photoURL})
}

// onPlatform is the part that data has of the learning platform's code, where
// the method does not ask for it.
type onPlatform struct {
	PlatformCode string `json:"studyPlatformCode,omitempty" wire:"fill=platform"`
}
