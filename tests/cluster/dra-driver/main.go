// A driver of devices as real ones are: Kubernetes' own library for them, a program of its own that knows nothing of Cleat. It has
// one device, which is a folder of notes, and writes down what it is called for.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/dynamic-resource-allocation/resourceslice"
)

const driverName = "notes.dra.example"

type driver struct{ folder, cdi, node string }

func (d *driver) say(format string, values ...any) {
	file, err := os.OpenFile(filepath.Join(d.folder, "calls.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	fmt.Fprintf(file, format+"\n", values...)
}

func (d *driver) fileOf(uid types.UID) string {
	return filepath.Join(d.cdi, driverName+"-"+string(uid)+".json")
}

func (d *driver) prepare(claim *resourceapi.ResourceClaim) kubeletplugin.PrepareResult {
	d.say("prepare %s/%s", claim.Namespace, claim.Name)
	if _, err := os.Stat(filepath.Join(d.folder, "refuse")); err == nil {
		return kubeletplugin.PrepareResult{Err: fmt.Errorf("the notes are being sorted")}
	}
	parameters := ""
	for _, config := range claim.Status.Allocation.Devices.Config {
		if config.Opaque != nil && config.Opaque.Driver == driverName {
			parameters = string(config.Opaque.Parameters.Raw)
		}
	}
	text := fmt.Sprintf(`{"cdiVersion":"0.6.0","kind":"%s/notes","devices":[{"name":"%s","containerEdits":{"env":["NOTES=/notes"],`+
		`"mounts":[{"hostPath":"%s","containerPath":"/notes","options":["ro"]}]}}]}`, driverName, claim.UID, d.folder)
	d.say("parameters %s", strings.ReplaceAll(parameters, " ", ""))
	if err := os.WriteFile(d.fileOf(claim.UID), []byte(text), 0o644); err != nil {
		return kubeletplugin.PrepareResult{Err: err}
	}
	var devices []kubeletplugin.Device
	for _, result := range claim.Status.Allocation.Devices.Results {
		if result.Driver != driverName {
			continue
		}
		devices = append(devices, kubeletplugin.Device{Requests: []string{result.Request}, PoolName: result.Pool, DeviceName: result.Device,
			CDIDeviceIDs: []string{driverName + "/notes=" + string(claim.UID)}})
	}
	return kubeletplugin.PrepareResult{Devices: devices}
}

func (d *driver) PrepareResourceClaims(_ context.Context, claims []*resourceapi.ResourceClaim) (map[types.UID]kubeletplugin.PrepareResult, error) {
	results := map[types.UID]kubeletplugin.PrepareResult{}
	for _, claim := range claims {
		results[claim.UID] = d.prepare(claim)
	}
	return results, nil
}

func (d *driver) UnprepareResourceClaims(_ context.Context, claims []kubeletplugin.NamespacedObject) (map[types.UID]error, error) {
	results := map[types.UID]error{}
	for _, claim := range claims {
		d.say("unprepare %s/%s", claim.Namespace, claim.Name)
		err := os.Remove(d.fileOf(claim.UID))
		if os.IsNotExist(err) {
			err = nil
		}
		results[claim.UID] = err
	}
	return results, nil
}

// What the file says, as long as there is one: "Healthy", or "Unhealthy the ink is dry".
func (d *driver) WatchHealthStatus(ctx context.Context, reports chan<- kubeletplugin.DeviceHealthReport) error {
	for {
		text, _ := os.ReadFile(filepath.Join(d.folder, "health"))
		health, message, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		report := kubeletplugin.DeviceHealthReport{}
		if health != "" {
			report.Devices = []kubeletplugin.DeviceHealth{{PoolName: d.node, DeviceName: "notes", Health: kubeletplugin.HealthStatus(health),
				LastUpdated: time.Now(), HealthCheckTimeout: 3 * time.Second, Message: message}}
		}
		select {
		case <-ctx.Done():
			return nil
		case reports <- report:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (d *driver) HandleError(_ context.Context, err error, message string) {
	fmt.Fprintln(os.Stderr, message, err)
}

func run() error {
	d := &driver{}
	var registry, kubeconfig string
	flag.StringVar(&d.folder, "folder", "", "of the notes")
	flag.StringVar(&d.cdi, "cdi", "/var/run/cdi", "of the runtime")
	flag.StringVar(&registry, "registry", "", "of registrations")
	flag.StringVar(&kubeconfig, "kubeconfig", "", "")
	flag.StringVar(&d.node, "node", "", "")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	sockets := filepath.Join(d.folder, "sockets")
	for _, folder := range []string{sockets, d.cdi} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	helper, err := kubeletplugin.Start(ctx, d, kubeletplugin.DriverName(driverName), kubeletplugin.NodeName(d.node), kubeletplugin.KubeClient(client),
		kubeletplugin.RegistrarDirectoryPath(registry), kubeletplugin.PluginDataDirectoryPath(sockets))
	if err != nil {
		return err
	}
	defer helper.Stop()
	pool := resourceslice.Pool{Slices: []resourceslice.Slice{{Devices: []resourceapi.Device{{Name: "notes"}}}}}
	resources := resourceslice.DriverResources{Pools: map[string]resourceslice.Pool{d.node: pool}}
	if err := helper.PublishResources(ctx, resources); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
