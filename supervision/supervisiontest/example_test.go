package supervisiontest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/edusdk/edusdk/supervision/supervisiontest"
)

// A learning platform's receiver is pushed a class by the fake regulator.
func Example_pushClass() {
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Data supervisiontest.Class }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		accounts := []supervisiontest.StudentAccount{}
		for i, s := range in.Data.Students {
			accounts = append(accounts, supervisiontest.StudentAccount{CardNo: s.CardNo, StudentUserAccount: fmt.Sprintf("student-%d", i+1)})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"returnCode": "0", "returnMsg": "success", "passwordRules": "身份证后六位", "returnData": accounts,
		})
	}))
	defer platform.Close()

	regulator := supervisiontest.NewServer()
	defer regulator.Close()
	result, err := regulator.PushClass(context.Background(), platform.URL, supervisiontest.SampleClass())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.ReturnCode, result.ReturnMsg, result.PasswordRules)
	for _, a := range result.Accounts {
		fmt.Println(a.StudentUserAccount)
	}
	// Output:
	// 0 success 身份证后六位
	// student-1
	// student-2
}
