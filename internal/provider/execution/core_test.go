// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// newCore starts a process of the provider, for the resource.
func newCore(t testing.TB, server *mockserver.Server) *acctest.Resource {
	t.Helper()
	return acctest.NewCore(t, server).Resource("matillion_pipeline_execution")
}
