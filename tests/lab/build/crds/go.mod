module lab/crds

go 1.22.2

require (
	github.com/longhorn/longhorn-manager v1.7.2
	go.universe.tf/metallb v0.14.8
)
