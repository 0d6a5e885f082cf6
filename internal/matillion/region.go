// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"slices"
	"strings"
)

// Region is where a Matillion account lives. It is fixed when the account is created.
type Region string

// The regions that have an API. The Australian one is not on the documentation's pages yet; Matillion's own Terraform
// provider for streaming pipelines knows it.
const (
	RegionEU Region = "eu"
	RegionUS Region = "us"
	RegionAU Region = "au"
)

// Regions lists every [Region].
func Regions() []Region { return []Region{RegionEU, RegionUS, RegionAU} }

// ParseRegion returns the region of that name, in lower case as the API's host names have it.
func ParseRegion(name string) (Region, error) {
	if region := Region(name); slices.Contains(Regions(), region) {
		return region, nil
	}
	names := make([]string, 0, len(Regions()))
	for _, region := range Regions() {
		names = append(names, string(region))
	}
	return "", fmt.Errorf("%q is not a region: it must be one of %s", name, strings.Join(names, ", "))
}

// BaseURL is the address of the region's API, without the version.
//
// https://docs.maia.ai/docs/api-reference/maia-api-overview
func (r Region) BaseURL() string {
	return "https://" + string(r) + "1.api.matillion.com/dpc"
}
