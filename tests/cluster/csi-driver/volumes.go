package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (d *driver) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	publish := &csi.ControllerServiceCapability_RPC{Type: csi.ControllerServiceCapability_RPC_PUBLISH_UNPUBLISH_VOLUME}
	return &csi.ControllerGetCapabilitiesResponse{Capabilities: []*csi.ControllerServiceCapability{{Type: &csi.ControllerServiceCapability_Rpc{Rpc: publish}}}}, nil
}

func (d *driver) ControllerPublishVolume(_ context.Context, r *csi.ControllerPublishVolumeRequest) (*csi.ControllerPublishVolumeResponse, error) {
	if strings.HasPrefix(r.VolumeId, "refused-") {
		return nil, status.Errorf(codes.NotFound, "there is no volume %s", r.VolumeId)
	}
	return &csi.ControllerPublishVolumeResponse{PublishContext: map[string]string{"slot": r.NodeId + "/1"}}, nil
}

func (d *driver) ControllerUnpublishVolume(context.Context, *csi.ControllerUnpublishVolumeRequest) (*csi.ControllerUnpublishVolumeResponse, error) {
	return &csi.ControllerUnpublishVolumeResponse{}, nil
}

func (d *driver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	topology := &csi.Topology{Segments: map[string]string{"csi.example/rack": "r-1"}}
	return &csi.NodeGetInfoResponse{NodeId: *nodeID, MaxVolumesPerNode: 7, AccessibleTopology: topology}, nil
}

func (d *driver) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	var all []*csi.NodeServiceCapability
	for _, one := range []csi.NodeServiceCapability_RPC_Type{csi.NodeServiceCapability_RPC_STAGE_UNSTAGE_VOLUME, csi.NodeServiceCapability_RPC_EXPAND_VOLUME} {
		all = append(all, &csi.NodeServiceCapability{Type: &csi.NodeServiceCapability_Rpc{Rpc: &csi.NodeServiceCapability_RPC{Type: one}}})
	}
	return &csi.NodeGetCapabilitiesResponse{Capabilities: all}, nil
}

func run(program string, args ...string) (string, error) {
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		return "", status.Errorf(codes.Internal, "%s %s: %s", program, strings.Join(args, " "), strings.TrimSpace(string(out)))
	}
	return strings.TrimSpace(string(out)), nil
}

func image(id string) string { return filepath.Join(*folder, id+".img") }

func mounted(path string) bool { return exec.Command("mountpoint", "-q", path).Run() == nil }

// bound says whether a file is mounted upon, which mountpoint says of folders alone.
func bound(path string) bool {
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	return strings.Contains(string(mounts), " "+path+" ")
}

func makeImage(id string) error {
	if _, err := os.Stat(image(id)); err == nil {
		return nil
	}
	file, err := os.Create(image(id))
	if err == nil {
		err = errors.Join(file.Truncate(8<<20), file.Close())
	}
	return err
}

// loop gives the device of the volume's file, made where there is none.
func loop(id string) (string, error) {
	out, err := run("losetup", "-n", "-O", "NAME", "-j", image(id))
	if err != nil || out != "" {
		return out, err
	}
	return run("losetup", "--show", "-f", image(id))
}

func (d *driver) NodeStageVolume(_ context.Context, r *csi.NodeStageVolumeRequest) (*csi.NodeStageVolumeResponse, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	if err := makeImage(r.VolumeId); err != nil {
		return nil, err
	}
	device, err := loop(r.VolumeId)
	if err != nil || r.VolumeCapability.GetBlock() != nil || mounted(r.StagingTargetPath) {
		return &csi.NodeStageVolumeResponse{}, err
	}
	if _, err = run("blkid", device); err != nil {
		if _, err = run("mkfs.ext4", "-q", device); err != nil {
			return nil, err
		}
	}
	options := strings.Join(append([]string{"rw"}, r.VolumeCapability.GetMount().MountFlags...), ",")
	_, err = run("mount", "-o", options, device, r.StagingTargetPath)
	return &csi.NodeStageVolumeResponse{}, err
}

func (d *driver) NodeUnstageVolume(_ context.Context, r *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	if mounted(r.StagingTargetPath) {
		if _, err := run("umount", r.StagingTargetPath); err != nil {
			return nil, err
		}
	}
	device, err := run("losetup", "-n", "-O", "NAME", "-j", image(r.VolumeId))
	if err == nil && device != "" {
		_, err = run("losetup", "-d", device)
	}
	return &csi.NodeUnstageVolumeResponse{}, err
}

func (d *driver) NodePublishVolume(_ context.Context, r *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	from, target := r.StagingTargetPath, r.TargetPath
	if bound(target) {
		return &csi.NodePublishVolumeResponse{}, nil
	}
	if r.VolumeCapability.GetBlock() != nil {
		device, err := loop(r.VolumeId)
		if err == nil {
			err = os.WriteFile(target, nil, 0o600)
		}
		if err == nil {
			_, err = run("mount", "--bind", device, target)
		}
		return &csi.NodePublishVolumeResponse{}, err
	}
	if err := os.MkdirAll(target, 0o777); err != nil {
		return nil, err
	}
	if from == "" {
		_, err := run("mount", "-t", "tmpfs", "-o", "size=1m,mode=1777", "own", target)
		note := fmt.Sprintf("for %s/%s", r.VolumeContext["csi.storage.k8s.io/pod.namespace"], r.VolumeContext["csi.storage.k8s.io/pod.name"])
		return &csi.NodePublishVolumeResponse{}, errors.Join(err, os.WriteFile(filepath.Join(target, "whose"), []byte(note), 0o644))
	}
	_, err := run("mount", "--bind", from, target)
	if err == nil && r.Readonly {
		_, err = run("mount", "-o", "remount,bind,ro", target)
	}
	return &csi.NodePublishVolumeResponse{}, err
}

func (d *driver) NodeUnpublishVolume(_ context.Context, r *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	if bound(r.TargetPath) {
		if _, err := run("umount", r.TargetPath); err != nil {
			return nil, err
		}
	}
	return &csi.NodeUnpublishVolumeResponse{}, os.RemoveAll(r.TargetPath)
}

func (d *driver) NodeExpandVolume(_ context.Context, r *csi.NodeExpandVolumeRequest) (*csi.NodeExpandVolumeResponse, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	size := r.CapacityRange.GetRequiredBytes()
	if err := os.Truncate(image(r.VolumeId), size); err != nil {
		return nil, err
	}
	device, err := loop(r.VolumeId)
	if err == nil {
		_, err = run("losetup", "-c", device)
	}
	if err == nil && r.VolumeCapability.GetBlock() == nil {
		_, err = run("resize2fs", device)
	}
	return &csi.NodeExpandVolumeResponse{CapacityBytes: size}, err
}
