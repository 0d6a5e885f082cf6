// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// String is a string of a configuration.
func String(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

// True is true.
func True() tftypes.Value { return tftypes.NewValue(tftypes.Bool, true) }

// Strings is a list of strings.
func Strings(values ...string) tftypes.Value {
	var elements []tftypes.Value
	for _, value := range values {
		elements = append(elements, String(value))
	}
	return tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, elements)
}

// StringMap is a map of one string.
func StringMap(key, value string) tftypes.Value {
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{key: String(value)})
}

// Timeouts is a value for the timeouts of a resource.
func Timeouts(timeout string) tftypes.Value {
	types, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for _, name := range []string{"create", "update", "delete"} {
		types[name], values[name] = tftypes.String, String(timeout)
	}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values)
}

// Request is the least configuration of a run.
func Request() map[string]tftypes.Value {
	return map[string]tftypes.Value{"environment_name": String(EnvironmentName), "pipeline_name": String(PipelineName)}
}

// AwaitedRequest is the least configuration of a run that is waited for.
func AwaitedRequest() map[string]tftypes.Value {
	config := Request()
	config["wait_for_completion"] = True()
	return config
}

// Object is what a list of objects holds: texts, or null for those that are empty.
func Object(texts map[string]string) knownvalue.Check {
	checks := map[string]knownvalue.Check{}
	for name, text := range texts {
		checks[name] = knownvalue.StringExact(text)
		if text == "" {
			checks[name] = knownvalue.Null()
		}
	}
	return knownvalue.ObjectExact(checks)
}

// Finds checks that an attribute of a data source is exactly a list of objects.
func Finds(address, attribute string, objects ...knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), knownvalue.ListExact(objects))
}

// FailsToRead is a step whose configuration ends in an error.
func FailsToRead(config, summary string) resource.TestStep {
	return resource.TestStep{Config: config, ExpectError: regexp.MustCompile(summary)}
}
