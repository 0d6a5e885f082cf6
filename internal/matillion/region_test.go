// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "testing"

func TestRegion_hasAnAddress(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"eu": "https://eu1.api.matillion.com/dpc",
		"us": "https://us1.api.matillion.com/dpc",
		"au": "https://au1.api.matillion.com/dpc",
	} {
		region, err := ParseRegion(name)
		if err != nil {
			t.Error(err)
		}
		wantEqual(t, name, region.BaseURL(), want)
		if _, err := ParseURL(region.BaseURL()); err != nil {
			t.Error(err)
		}
	}
	wantEqual(t, "regions", len(Regions()), 3)
	for _, name := range []string{"", "EU", "eu1", "eu ", "de"} {
		if _, err := ParseRegion(name); err == nil || err.Error() != `"`+name+`" is not a region: it must be one of eu, us, au` {
			t.Errorf("ParseRegion(%q): %v", name, err)
		}
	}
}
