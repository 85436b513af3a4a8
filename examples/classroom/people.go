package main

// person is somebody whom the teaching service knows. All of them are made up; so are
// the ID numbers, whose check digits are wrong.
type person struct {
	ID     string // the uid in rooms, and the student's code at the supervision platform
	Name   string
	cardNo string
}

var teacher = person{ID: "teacher-1", Name: "陈老师"}

var students = []person{
	{"student-1", "张三", "110101199003070013"},
	{"student-2", "李四", "110101199003070023"},
	{"student-3", "王五", "110101199003070033"},
	{"student-4", "赵六", "110101199003070043"},
	{"student-5", "孙七", "110101199003070053"},
	{"student-6", "周八", "110101199003070063"},
	{"student-7", "吴九", "110101199003070071"},
	{"student-8", "阿依努尔·买买提依明·吐尔逊", "110101199003070083"},
}

// studentByID returns a student.
func studentByID(id string) (person, bool) {
	for _, p := range students {
		if p.ID == id {
			return p, true
		}
	}
	return person{}, false
}

// studentIDs returns the uids of all students.
func studentIDs() []string {
	ids := make([]string, 0, len(students))
	for _, p := range students {
		ids = append(ids, p.ID)
	}
	return ids
}
