package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/internal/console"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/zjy"
)

// viaSupervision is an action that needs a client of the supervision platform.
func viaSupervision(do func(ctx context.Context, client *supervision.Client, args []string) (*result, error)) action {
	return func(ctx context.Context, s *session, args []string) (*result, error) {
		values, err := s.read(ctx)
		if err != nil {
			return nil, err
		}
		client, err := supervision.New(supervision.Config{
			BaseURL: values["SUPERVISION_URL"], Account: values["SUPERVISION_ACCOUNT"], Password: values["SUPERVISION_PASSWORD"],
			Device: supervision.Device{Type: supervision.TypePC, ID: supervision.DeviceID()},
		}, s.options()...)
		if err != nil {
			return nil, err
		}
		s.opened(client)
		return do(ctx, client, args)
	}
}

func supervisionCommands() []*command {
	return []*command{
		{
			name: "supervision login", vendor: supervisionVendor, about: text{"登录监管平台，检查账号", "try to log in to the supervision platform"},
			examples: []string{"supervision login"},
			setup: plain(viaSupervision(func(ctx context.Context, client *supervision.Client, _ []string) (*result, error) {
				session, err := client.Login(ctx)
				if err != nil {
					return nil, err
				}
				return &result{
					value: map[string]any{"studyPlatformCode": session.PlatformCode, "studyPlatformName": session.PlatformName, "expires": session.Expires},
					fields: []field{
						{text{"学习平台", "Learning platform"}, session.PlatformName},
						{text{"平台编码", "Its code"}, session.PlatformCode},
						{text{"登录有效至（北京时间）", "Logged in until (UTC+8)"}, session.Expires},
					},
				}, nil
			})),
		},
		{
			name: "supervision records", args: "CLASS", vendor: supervisionVendor, about: text{"监管平台记录的班级学习时长", "the study time on record for a class"},
			notes:    text{"已学习时长的含义（累计或播放位置）由各省平台决定。", "Whether the time is a sum or a position is up to the province's platform."},
			examples: []string{"supervision records 5d0c7b1e9f3a4c2d8e6b0a1f2c3d4e5f"},
			setup: plain(viaSupervision(func(ctx context.Context, client *supervision.Client, args []string) (*result, error) {
				records, err := client.Business.ClassRecords(ctx, args[0])
				r := &result{value: listed(records), header: []text{{"学员", "STUDENT"}, {"已学习", "STUDIED"}, {"视频", "VIDEO"}, {"课程", "COURSE"}}}
				for _, record := range records {
					r.rows = append(r.rows, []any{record.UserCode, record.PlayTime, record.ResCode, record.CourseCode})
				}
				return r, err
			})),
		},
	}
}

func douyinCommands() []*command {
	return []*command{{
		name: "douyin products", args: "ID...", vendor: douyinVendor, about: text{"查询抖音课程的状态与价格", "the status and the price of course products"},
		notes: text{
			"获取新的 access_token 会使您服务正在使用的失效（服务随后会重新获取）；设置 DOUYIN_ACCESS_TOKEN 可直接使用现有的。",
			"A new access token ends the one that your service uses, which then gets another; DOUYIN_ACCESS_TOKEN uses one that is there.",
		},
		examples: []string{"douyin products 5432181212227612345"},
		setup:    plain(douyinProducts),
	}}
}

// douyinProducts is douyin products.
func douyinProducts(ctx context.Context, s *session, args []string) (*result, error) {
	ids, err := s.numbers(args)
	if err != nil {
		return nil, err
	}
	values, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	token := douyin.StaticToken(values["DOUYIN_ACCESS_TOKEN"])
	if values["DOUYIN_ACCESS_TOKEN"] == "" {
		endpoint := values["DOUYIN_TOKEN_URL"]
		if s.baseURL != "" { // the secret must not go anywhere else
			endpoint = strings.TrimSuffix(s.baseURL, "/") + "/api/apps/v2/token"
		}
		token = douyin.ClientCredential(douyin.ClientCredentialConfig{
			AppID: values["DOUYIN_APPID"], Secret: values["DOUYIN_SECRET"], Endpoint: endpoint, Options: s.options(),
		})
	}
	client, err := douyin.New(douyin.Config{AppID: values["DOUYIN_APPID"], Token: token, BaseURL: s.address(values, "DOUYIN_BASE_URL")}, s.options()...)
	if err != nil {
		return nil, err
	}
	s.opened(client)
	found, err := client.QueryProducts(ctx, ids...)
	if err != nil {
		return nil, err
	}
	r := &result{
		value:  map[string]any{"products": listed(found.Products), "missing": listed(found.Missing), "logIds": found.LogIDs},
		long:   1,
		header: []text{{"课程", "PRODUCT"}, {"标题", "TITLE"}, {"价格（元）", "PRICE (¥)"}, {"状态", "STATUS"}, {"原因", "REASON"}},
	}
	add := func(p *douyin.Product, status text) {
		info := p.CommonProductInfo
		r.rows = append(r.rows, []any{fmt.Sprint(p.ProductID), info.Title, console.Right(info.PriceInfo.RealPriceFen()), status, p.ProductStatus.RejectReason})
	}
	for _, entry := range found.Products {
		if p := entry.OnShelf; p != nil {
			status := text{"已下架", "off the shelf"}
			if p.ProductStatus.OnShelfStatus() == douyin.OnShelf {
				status = text{"在售", "for sale"}
			}
			add(p, status)
		}
		if p := entry.Reviewing; p != nil {
			status := p.ProductStatus.ReviewStatus()
			add(p, cmp.Or(map[douyin.ReviewStatus]text{
				douyin.ReviewPending: {"审核中", "under review"}, douyin.ReviewApproved: {"审核通过", "approved"}, douyin.ReviewRejected: {"审核不通过", "rejected"},
			}[status], text{status.String(), status.String()}))
		}
	}
	for _, id := range found.Missing {
		r.rows = append(r.rows, []any{fmt.Sprint(id), nil, nil, text{"没有找到", "not known"}, nil})
	}
	return r, nil
}

// numbers reads ids.
func (s *session) numbers(args []string) (ids []int64, err error) {
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return nil, s.command.misused(text{"id 应为数字：%s", "an id is a number: %s"}.with(edusdk.OneLine(arg)))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// viaZjy is an action that needs a client of Zhijiaoyun.
func viaZjy(do func(ctx context.Context, s *session, client *zjy.Client, args []string) (*result, error)) action {
	return func(ctx context.Context, s *session, args []string) (*result, error) {
		values, err := s.read(ctx)
		if err != nil {
			return nil, err
		}
		client, err := zjy.New(zjy.Config{Auth: values["ZJY_AUTH"], BaseURL: s.address(values, "ZJY_BASE_URL")}, s.options()...)
		if err != nil {
			return nil, err
		}
		s.opened(client)
		return do(ctx, s, client, args)
	}
}

func zjyCommands() []*command {
	return []*command{
		{
			name: "zjy courses", vendor: zjyVendor, about: text{"列出学生的课程", "list a student's courses"},
			examples: []string{"zjy courses"},
			setup: plain(viaZjy(func(ctx context.Context, _ *session, client *zjy.Client, _ []string) (*result, error) {
				list, err := client.Courses(ctx)
				if err != nil {
					return nil, err
				}
				r := &result{value: listed(list.Courses), long: 2, header: []text{{"课程", "COURSE"}, {"班级", "CLASS"}, {"名称", "NAME"}, {"学期", "TERM"}, {"进度", "DONE"}}}
				for _, c := range list.Courses {
					r.rows = append(r.rows, []any{c.CourseOpenID, c.OpenClassID, c.CourseName, c.TermName, percent(c.Process)})
				}
				return r, nil
			})),
		},
		{
			name: "zjy tree", args: "COURSE CLASS", vendor: zjyVendor, about: text{"课程目录与每节的学习进度", "a course's outline, and how much of each cell was studied"},
			examples: []string{"zjy tree course-1 class-1"},
			setup: plain(viaZjy(func(ctx context.Context, s *session, client *zjy.Client, args []string) (*result, error) {
				bar := s.bar(text{"读取课程目录", "reading the outline"}, nil)
				defer bar.stop()
				tree, err := client.Tree(ctx, args[0], args[1], zjy.WithProgress(func(done, total int) { bar.update(int64(done), int64(total)) }))
				if err != nil {
					return nil, err
				}
				r := &result{value: tree, header: []text{{"章节", "PART"}, {"类型", "KIND"}, {"进度", "DONE"}}}
				for _, m := range tree.Modules {
					r.rows = append(r.rows, []any{m.Name, nil, percent(m.Percent)})
					for _, t := range m.Topics {
						r.rows = append(r.rows, []any{"  " + t.Name, nil, nil})
						r.rows = append(r.rows, cellRows(t.Cells, 2)...)
					}
				}
				return r, nil
			})),
		},
	}
}

// cellRows are the rows of cells, and of those within them.
func cellRows(cells []zjy.Cell, depth int) (rows [][]any) {
	for _, c := range cells {
		rows = append(rows, []any{strings.Repeat("  ", depth) + c.CellName, string(c.CategoryName), percent(c.Percent())})
		rows = append(rows, cellRows(c.ChildNodeList, depth+1)...)
	}
	return rows
}

func recordedCommands() []*command {
	return []*command{{
		name: "recorded plan", args: "NEXT WATCHED", vendor: recordedVendor, about: text{"上报学完的一节，进入下一节", "report a section as watched, and go on to the next"},
		notes: text{
			"会改变学生的学习记录：平台没有只读的查询接口。在终端中会先询问确认。",
			"It changes the student's record: the platform has no call that only reads. On a terminal it asks first; elsewhere -yes is required.",
		},
		examples: []string{"recorded plan 2 1"},
		setup: func(f *flags) action {
			yes := f.confirmable()
			return func(ctx context.Context, s *session, args []string) (*result, error) {
				ids, err := s.numbers(args)
				if err != nil {
					return nil, err
				}
				values, err := s.read(ctx)
				if err != nil {
					return nil, err
				}
				client, err := recorded.New(recorded.Config{BaseURL: values["RECORDED_BASE_URL"]},
					slices.Concat(s.options(), []edusdk.Option{edusdk.WithHeader("token", values["RECORDED_TOKEN"])})...)
				if err != nil {
					return nil, err
				}
				s.opened(client)
				if err := s.confirm(ctx, *yes, false, text{"上报第 %d 节并进入第 %d 节？", "Report section %d and go on to section %d?"}.with(ids[1], ids[0])); err != nil {
					return nil, err
				}
				plan, err := client.RefreshPlan(ctx, ids[0], ids[1])
				if err != nil {
					return nil, err
				}
				status := text{"已学完", "studied"}
				if plan.Watched.StudyStatus == recorded.Studying {
					status = text{"正在学习，" + plan.Watched.Plan, "being studied, " + plan.Watched.Plan}
				}
				return &result{value: plan, fields: []field{
					{text{"上一节", "Watched"}, fmt.Sprint(plan.Watched.SectionID)},
					{text{"状态", "Status"}, status},
					{text{"下一节", "Next"}, fmt.Sprintf("%d %s", plan.Section.ID, plan.Section.Title)},
					{text{"时长", "Length"}, plan.Section.VideoLength()},
					{text{"从此处开始", "From"}, plan.Section.VideoPosition()},
				}}, nil
			}
		},
	}}
}
