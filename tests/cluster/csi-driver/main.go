// A CSI driver for the tests, written against the specification and the libraries that real drivers use, and nothing of Cleat's.
// Volumes are files with an ext4 filesystem, or loop devices, in a folder of this machine; what a pod names for itself is a folder in memory.
//
//	csi-driver --folder DIR --registry DIR [--node-id ID]
//
// The socket is DIR/csi.sock, what was asked is in DIR/calls.log, a line for each call. Volumes that are called "refused-…" cannot be attached.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

const name = "disks.csi.example"

var (
	folder   = flag.String("folder", "", "where volumes are")
	registry = flag.String("registry", "", "where the node looks for drivers")
	nodeID   = flag.String("node-id", "machine-1", "what this node is called")
)

type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedNodeServer
	registration.UnimplementedRegistrationServer
	turn sync.Mutex
}

func (d *driver) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: name, VendorVersion: "1"}, nil
}

func (d *driver) GetPluginCapabilities(context.Context, *csi.GetPluginCapabilitiesRequest) (*csi.GetPluginCapabilitiesResponse, error) {
	controller := &csi.PluginCapability_Service{Type: csi.PluginCapability_Service_CONTROLLER_SERVICE}
	return &csi.GetPluginCapabilitiesResponse{Capabilities: []*csi.PluginCapability{{Type: &csi.PluginCapability_Service_{Service: controller}}}}, nil
}

func (d *driver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}

func (d *driver) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{Type: registration.CSIPlugin, Name: name, Endpoint: filepath.Join(*folder, "csi.sock"), SupportedVersions: []string{"1.0.0"}}, nil
}

func (d *driver) NotifyRegistrationStatus(_ context.Context, status *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	note(fmt.Sprintf("registered %v %s", status.PluginRegistered, status.Error))
	return &registration.RegistrationStatusResponse{}, nil
}

func note(line string) {
	file, err := os.OpenFile(filepath.Join(*folder, "calls.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	fmt.Fprintln(file, line)
}

func record(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	answer, err := next(ctx, request)
	body, _ := protojson.Marshal(request.(proto.Message))
	line := filepath.Base(info.FullMethod) + " " + string(body)
	if err != nil {
		line += " failed: " + err.Error()
	}
	note(line)
	return answer, err
}

func listen(path string) net.Listener {
	os.Remove(path)
	listener, err := net.Listen("unix", path)
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func main() {
	flag.Parse()
	d := &driver{}
	server := grpc.NewServer(grpc.UnaryInterceptor(record))
	csi.RegisterIdentityServer(server, d)
	csi.RegisterControllerServer(server, d)
	csi.RegisterNodeServer(server, d)
	go func() { log.Fatal(server.Serve(listen(filepath.Join(*folder, "csi.sock")))) }()
	registrar := grpc.NewServer()
	registration.RegisterRegistrationServer(registrar, d)
	log.Fatal(registrar.Serve(listen(filepath.Join(*registry, name+"-reg.sock"))))
}
