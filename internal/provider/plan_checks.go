package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// The values of plan_checks.
const (
	planCheckOff   = "off"
	planCheckWarn  = "warn"
	planCheckError = "error"
)

func planCheckLevels() []string { return []string{planCheckOff, planCheckWarn, planCheckError} }

type planChecks struct {
	client *matillion.Client
	level  string
}

func newPlanChecks(client *matillion.Client, level string) *planChecks {
	return &planChecks{client: client, level: level}
}

func (c *planChecks) run(context.Context, requestModel) diag.Diagnostics { return nil }
