package duobeiyun_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/edusdk/edusdk"
)

// The token with which a browser uploads a video to the vendor's storage.
func ExampleVideosService_UploadToken() {
	client, _, stop := startFake()
	defer stop()

	token, err := client.Videos.UploadToken(context.Background())
	fmt.Println(token != "", err)
	// Output: true <nil>
}

// The uploader in the browser asks this handler for its token (uptoken_url). Put it
// behind a login of your own.
func ExampleVideosService_UploadTokenHandler() {
	client, _, stop := startFake()
	defer stop()
	site := httptest.NewServer(client.Videos.UploadTokenHandler())
	defer site.Close()

	resp, err := http.Get(site.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.StatusCode, string(body))
	// Output: 200 {"success":true,"uptoken":"fake-uptoken-00000001"}
}

// A room from a video that was uploaded (创建点播课).
func ExampleVideosService_Create() {
	client, _, stop := startFake()
	defer stop()

	ctx := context.Background()
	room, err := client.Videos.Create(ctx, "第一课（录播）", "video-key")
	if err != nil {
		log.Fatal(err)
	}
	room, err = client.Rooms.Get(ctx, room.RoomID) // Create returns its id and title alone
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(room.Title, room.VOD, room.ConvertStatus)
	// Output: 第一课（录播） true ConvertSucceeded
}

// The answer to a create is lost: Created tells whether it was carried out.
func ExampleVideosService_Created() {
	client, fake, stop := startFake()
	defer stop()

	ctx := context.Background()
	fake.LoseNext("api/v3/room/video/create")
	_, err := client.Videos.Create(ctx, "第一课（录播）", "video-key")
	if edusdk.MaybeApplied(err) {
		room, err := client.Videos.Created(ctx, "第一课（录播）", time.Time{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(room.Title, "is there")
	}
	// Output: 第一课（录播） is there
}
