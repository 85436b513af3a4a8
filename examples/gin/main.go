package main

import (
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/gin-gonic/gin"
)

var _ = duobeiyun.New
var _ = duobeiyuntest.NewServer
var _ = supervision.New
var _ = supervisiontest.NewServer

func main() { gin.New() }
