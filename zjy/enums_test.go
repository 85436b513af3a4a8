package zjy

import (
	"testing"

	"github.com/edusdk/edusdk/internal/enum/enumtest"
)

func TestEnumsPrintTheirNames(t *testing.T) {
	enumtest.Run(t, true,
		enumtest.Of(map[string]CellType{
			"CellLeaf":   CellLeaf,
			"CellFolder": CellFolder,
		}),
	)
}
