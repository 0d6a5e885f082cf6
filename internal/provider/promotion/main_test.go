// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package promotion_test

import (
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }
