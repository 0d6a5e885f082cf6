// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Invocation is what an invocation of an action said, and when.
type Invocation struct {
	Progress []string
	At       []time.Duration
	Said     Diagnostics
}

// PlanAction plans an action.
func (c *Core) PlanAction(actionType string, config map[string]tftypes.Value) Diagnostics {
	c.t.Helper()
	server, encoded := c.action(actionType, config)
	planned, err := server.PlanAction(c.t.Context(), &tfprotov6.PlanActionRequest{
		ActionType: actionType, Config: encoded,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return planned.Diagnostics
}

// action returns the server of actions, and a configuration for one of them.
func (c *Core) action(
	actionType string, config map[string]tftypes.Value,
) (tfprotov6.ActionServer, *tfprotov6.DynamicValue) {
	c.t.Helper()
	server, ok := c.Provider.(tfprotov6.ActionServer)
	if !ok {
		c.t.Fatal("the provider serves no actions")
	}
	return server, c.Encode(c.Object(c.Schemas.ActionSchemas[actionType].Schema, config))
}

// Invoke invokes an action.
func (c *Core) Invoke(ctx context.Context, actionType string, config map[string]tftypes.Value) (result Invocation) {
	c.t.Helper()
	server, encoded := c.action(actionType, config)
	began := time.Now()
	stream, err := server.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{ActionType: actionType, Config: encoded})
	if err != nil {
		c.t.Fatal(err)
	}
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			result.Progress = append(result.Progress, event.Message)
			result.At = append(result.At, time.Since(began))
		case tfprotov6.CompletedInvokeActionEventType:
			result.Said = event.Diagnostics
		}
	}
	return result
}
