//go:build !controlplane

package main

import (
	"context"
	"os"

	"k8s.io/component-base/cli"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// Each command is made only when it is its turn: making one sets global flags and feature gates.
func init() {
	roles["kube-scheduler"] = func() {
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	}
	roles["kube-proxy"] = func() {
		os.Exit(cli.Run(proxy.NewProxyCommand()))
	}
	roles["kubelet"] = func() {
		os.Exit(cli.Run(kubelet.NewKubeletCommand(context.Background())))
	}
}
