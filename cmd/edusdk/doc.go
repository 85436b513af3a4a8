// Edusdk calls the platforms of education vendors from a shell: it is for the people who
// are asked why a student cannot enter a room, where a document has gone, or what the
// regulator has on record.
//
//	go install github.com/edusdk/edusdk/cmd/edusdk@latest
//
// Rooms, documents and statistics at Duobeiyun:
//
//	edusdk rooms list
//	edusdk rooms get ROOM
//	edusdk rooms create -title TITLE -start TIME
//	edusdk rooms update ROOM
//	edusdk rooms delete ROOM
//	edusdk rooms enter ROOM -uid ID -nickname NAME
//	edusdk rooms documents ROOM
//	edusdk rooms attach ROOM DOCUMENT
//	edusdk rooms detach ROOM DOCUMENT
//	edusdk rooms chats ROOM...
//	edusdk doc upload FILE
//	edusdk doc list
//	edusdk doc status DOCUMENT
//	edusdk doc delete DOCUMENT
//	edusdk stats room ROOM
//	edusdk stats user ROOM UID
//	edusdk stats attendance ROOM [UID...]
//	edusdk stats playback ROOM [UID]
//	edusdk account
//	edusdk sign [NAME=VALUE...]
//
// The supervision platform, Douyin, Zhijiaoyun and the recorded courses:
//
//	edusdk supervision login
//	edusdk supervision records CLASS
//	edusdk study simulate
//	edusdk douyin products ID...
//	edusdk zjy courses
//	edusdk zjy tree COURSE CLASS
//	edusdk recorded plan NEXT WATCHED
//
// The program itself:
//
//	edusdk fake
//	edusdk completion SHELL
//	edusdk version
//	edusdk help [COMMAND...]
//
// Every command takes -o json, -lang zh or en, and -h. Credentials come from the
// environment, from a file of mode 0600, or from the keyboard, never from the command
// line: see edusdk help credentials. The exit code is 0 for success, 1 for a failure, 2
// for a command line or credentials that are wrong, 3 if what was asked may have been done
// although no answer came, and 130 after ctrl-C.
package main
