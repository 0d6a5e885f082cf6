package lookup_test

import (
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }
