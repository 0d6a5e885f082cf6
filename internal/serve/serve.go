// Package serve runs the provider as a process of Terraform.
package serve

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

const (
	// Source is the provider's source in configurations, which each CLI looks for in a registry of its own.
	Source = "matillion-community/matillion"
	// Address is the provider's address in Terraform's registry.
	Address = "registry.terraform.io/" + Source
)

// Provider serves the provider until Terraform ends it. For a debugger, it prints what to set TF_REATTACH_PROVIDERS to.
func Provider(server tfprotov6.ProviderServer, debug bool) error {
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(Address, func() tfprotov6.ProviderServer { return server }, options...)
}
