@0xc1ea7c1ea7c1ead5;
# The role `runtime`: runs pod sandboxes and containers on this machine. One plugin of a node fills it. It is
# close to CRI, so that a CRI runtime can stand behind it; every call is idempotent and may be repeated after
# a crash. Sandboxes and containers outlive the process that hosts the plugin.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Runtime {
  status @0 () -> RuntimeStatus;

  runSandbox @1 SandboxConfig -> SandboxResults;
  # Starts the pause process that holds the pod's namespaces, in the pod's cgroup. The network namespace is made,
  # but not connected (unless the runtime does networking itself).
  stopSandbox @2 SandboxParams -> ();
  # Kills the pause process and every container that still runs; the namespaces are released.
  removeSandbox @3 SandboxParams -> ();
  # Removes what is left on disk, its containers included.
  listSandboxes @4 () -> ListSandboxesResults;

  createContainer @5 ContainerConfig -> ContainerResults;
  startContainer @6 ContainerParams -> ();
  stopContainer @7 StopContainerParams -> ();
  # The stop signal, then SIGKILL after `timeoutSeconds`; returns when it is dead.
  removeContainer @8 ContainerParams -> ();
  listContainers @9 () -> ListContainersResults;
  updateContainer @10 UpdateContainerParams -> ();
  # New resource limits for a running container.
  reopenLog @11 ContainerParams -> ();

  nextEvents @12 NextEventsParams -> NextEventsResults;
  # Waits until something has changed after `cursor` (a container or sandbox exited, an image came), or until
  # the deadline, and tells what. The way to learn of exits without polling.

  execSync @13 ExecSyncParams -> ExecSyncResults;
  exec @14 ExecParams -> StreamResults;
  attach @15 ExecParams -> StreamResults;
  portForward @16 PortForwardParams -> StreamResults;

  pullImage @17 PullImageParams -> ImageResults;
  importImage @18 ImportImageParams -> ImageResults;
  imageStatus @19 ImageParams -> ImageResults;
  # CLEAT_FAILED with code 404 when it is not there.
  listImages @20 () -> ListImagesResults;
  removeImage @21 ImageParams -> ();

  stats @22 () -> StatsResults;

  updateSandbox @23 UpdateSandboxParams -> ();
  # New limits for the pod as a whole, in its cgroup. What is unset stays as it is.

  imageFilesystem @24 () -> ImageFilesystemResults;
  # The disks that images and containers' own files take up: what garbage collection and eviction go by.
}

struct RuntimeStatus {
  ready @0 :Bool;
  reason @1 :Text;
  message @2 :Text;
  name @3 :Text;
  # "cleat-oci"
  version @4 :Text;
  networksItself @5 :Bool;
  # The runtime connects the sandboxes (a CRI runtime does); the role `network` is not used.
  capabilities @6 :RuntimeCapabilities;
  # Of the default handler. What is not set here is refused by whoever asks on a pod's behalf, never left out.
  handlers @7 :List(RuntimeHandler);
  # Those that a sandbox may name in `runtimeHandler`, the default one ("") among them; empty: the default one only.
}

struct RuntimeCapabilities {
  userNamespaces @0 :Bool;
  # Sandboxes with `userNamespace`.
  idMappedMounts @1 :Bool;
  # Mounts with `idMapped`, on the filesystems of this machine that carry it.
  appArmor @2 :Bool;
  # The kernel has AppArmor switched on, and profiles are applied.
  selinux @3 :Bool;
  # The same of SELinux; where it is off, labels mean nothing and are passed over, as Kubernetes does.
  seccomp @4 :Bool;
  supplementalGroupsPolicy @5 :Bool;
  # "Strict" is kept.
  recursiveReadOnlyMounts @6 :Bool;
  noNewPrivileges @7 :Bool;
  imageVolumes @8 :Bool;
  # Mounts with `image`.
  checkpoint @9 :Bool;
  cdi @10 :Bool;
  # Containers with `cdiDevices`.
}

struct RuntimeHandler {
  name @0 :Text;
  # "": the default one.
  capabilities @1 :RuntimeCapabilities;
}

struct Pair {
  key @0 :Text;
  value @1 :Text;
}

struct SandboxConfig {
  podNamespace @0 :Text;
  podName @1 :Text;
  podUid @2 :Text;
  attempt @3 :UInt32;
  hostname @4 :Text;
  logDirectory @5 :Text;
  # Absolute; containers' log paths are below it.
  cgroupParent @6 :Text;
  # Relative to the cgroup root: "/cleat/burstable/pod…". Made if absent.
  hostNetwork @7 :Bool;
  hostPid @8 :Bool;
  hostIpc @9 :Bool;
  sharePid @10 :Bool;
  sysctls @11 :List(Pair);
  labels @12 :List(Pair);
  annotations @13 :List(Pair);
  resources @14 :Resources;
  # The pod's sum, for its cgroup.
  shmSizeBytes @15 :UInt64;
  # /dev/shm of the pod; 0: 64 MiB.
  userNamespace @16 :UserNamespace;
  # Of the pod's own; absent or without mappings: the machine's.
  runtimeHandler @17 :Text;
  # One of RuntimeStatus.handlers; empty: the default one.
  dns @18 :DnsConfig;
  # For runtimes that write resolv.conf themselves; the file among the containers' mounts wins.
  portMappings @19 :List(PortMapping);
  # For a runtime that networks itself; otherwise the role `network` has them.
  security @20 :Security;
  # Of the pause process where a runtime runs one under profiles: the pod's seccomp, AppArmor and SELinux.
}

struct UserNamespace {
  uidMappings @0 :List(IdMapping);
  gidMappings @1 :List(IdMapping);
}

struct IdMapping {
  containerId @0 :UInt32;
  hostId @1 :UInt32;
  length @2 :UInt32;
}

struct DnsConfig {
  servers @0 :List(Text);
  searches @1 :List(Text);
  options @2 :List(Text);
}

struct PortMapping {
  protocol @0 :Text;
  # "TCP", "UDP", "SCTP"
  containerPort @1 :UInt16;
  hostPort @2 :UInt16;
  hostIp @3 :Text;
}

struct SandboxResults {
  sandbox @0 :Sandbox;
}

struct SandboxParams {
  sandboxId @0 :Text;
}

struct Sandbox {
  id @0 :Text;
  podNamespace @1 :Text;
  podName @2 :Text;
  podUid @3 :Text;
  attempt @4 :UInt32;
  ready @5 :Bool;
  # The pause process runs.
  networkNamespace @6 :Text;
  # A path; empty with the host's network.
  pausePid @7 :UInt32;
  createdAtNs @8 :Int64;
  # Since the Unix epoch.
  addresses @9 :List(Text);
  # Only when the runtime networks itself.
  labels @10 :List(Pair);
  annotations @11 :List(Pair);
}

struct ListSandboxesResults {
  sandboxes @0 :List(Sandbox);
}

struct Resources {
  cpuShares @0 :UInt64;
  # cgroup v1's scale, 2…262144; 0: unset.
  cpuQuotaUs @1 :Int64;
  # Microseconds a period; 0: unset, -1: no limit.
  cpuPeriodUs @2 :UInt64;
  memoryLimitBytes @3 :UInt64;
  # 0: unset; 2^63 and more: no limit.
  oomScoreAdj @4 :Int32;
  pidsLimit @5 :Int64;
  cpusetCpus @6 :Text;
}

struct Mount {
  containerPath @0 :Text;
  hostPath @1 :Text;
  readOnly @2 :Bool;
  propagation @3 :Text;
  # "None", "HostToContainer", "Bidirectional"
  image @4 :Text;
  # The files of this image, to be read only, in place of hostPath. It must be here; it stays while the container does.
  imageSubPath @5 :Text;
  # A folder in that image; empty: all of it.
  recursiveReadOnly @6 :Bool;
  # With readOnly: what is mounted below it is read-only too, or the container is not made.
  idMapped @7 :Bool;
  # In a pod with a user namespace: owners are seen through its mappings, so that root inside owns what root owns on the
  # machine. Where the filesystem cannot do that the container is not made.
}

struct Device {
  hostPath @0 :Text;
  containerPath @1 :Text;
  permissions @2 :Text;
}

struct ContainerConfig {
  sandboxId @0 :Text;
  name @1 :Text;
  attempt @2 :UInt32;
  image @3 :Text;
  # As the pod names it, or an image id.
  command @4 :List(Text);
  # Replaces the image's entrypoint; empty: the image's.
  args @5 :List(Text);
  workingDir @6 :Text;
  env @7 :List(Pair);
  mounts @8 :List(Mount);
  devices @9 :List(Device);
  labels @10 :List(Pair);
  annotations @11 :List(Pair);
  logPath @12 :Text;
  # Relative to the sandbox's logDirectory: "web/0.log".
  stdin @13 :Bool;
  stdinOnce @14 :Bool;
  tty @15 :Bool;
  resources @16 :Resources;
  security @17 :Security;
  targetContainerId @18 :Text;
  # Shares the process namespace of this container, which runs; empty: as the sandbox says.
  stopSignal @19 :Text;
  # "SIGUSR1": what stopContainer sends first; empty: the image's, or else SIGTERM.
  cdiDevices @20 :List(Text);
  # Names of the Container Device Interface, "example.com/gpu=0": what the files in /etc/cdi and /var/run/cdi say of
  # them is added to the container.
}

struct Security {
  privileged @0 :Bool;
  readOnlyRootfs @1 :Bool;
  noNewPrivileges @2 :Bool;
  addCapabilities @3 :List(Text);
  # "NET_ADMIN", or "ALL".
  dropCapabilities @4 :List(Text);
  runAsUser @5 :Int64 = -1;
  # -1: the image's.
  runAsGroup @6 :Int64 = -1;
  runAsNonRoot @7 :Bool;
  # Refuse to start as uid 0.
  supplementalGroups @8 :List(Int64);
  seccompProfile @9 :Text;
  # "RuntimeDefault", "Unconfined", "Localhost/PATH"; the path is below the runtime's folder for profiles.
  maskedPaths @10 :Bool = true;
  # The default masked and read-only paths of /proc and /sys.
  appArmorProfile @11 :Text;
  # "RuntimeDefault", "Unconfined", "Localhost/NAME"; empty: as the runtime likes.
  selinux @12 :SelinuxOptions;
  supplementalGroupsPolicy @13 :Text;
  # "Merge" (also when empty): those of the image's /etc/group too. "Strict": only those named here.
}

struct SelinuxOptions {
  user @0 :Text;
  role @1 :Text;
  type @2 :Text;
  level @3 :Text;
}

struct ContainerResults {
  containerId @0 :Text;
}

struct ContainerParams {
  containerId @0 :Text;
}

struct StopContainerParams {
  containerId @0 :Text;
  timeoutSeconds @1 :Int64;
}

struct UpdateSandboxParams {
  sandboxId @0 :Text;
  resources @1 :Resources;
}

struct UpdateContainerParams {
  containerId @0 :Text;
  resources @1 :Resources;
}

enum ContainerState {
  created @0;
  running @1;
  exited @2;
  unknown @3;
}

struct Container {
  id @0 :Text;
  sandboxId @1 :Text;
  name @2 :Text;
  attempt @3 :UInt32;
  state @4 :ContainerState;
  pid @5 :UInt32;
  createdAtNs @6 :Int64;
  startedAtNs @7 :Int64;
  finishedAtNs @8 :Int64;
  exitCode @9 :Int32;
  oomKilled @10 :Bool;
  message @11 :Text;
  # Why it could not start, for example.
  image @12 :Text;
  # As asked for.
  imageId @13 :Text;
  # "registry/path@sha256:…" as the registry has it, or "sha256:…" of the configuration where none is known.
  labels @14 :List(Pair);
  annotations @15 :List(Pair);
  logPath @16 :Text;
  # Absolute.
  user @17 :ContainerUser;
  # Who its first process was started as; absent where the runtime does not say.
}

struct ContainerUser {
  uid @0 :Int64;
  gid @1 :Int64;
  supplementalGroups @2 :List(Int64);
}

struct ListContainersResults {
  containers @0 :List(Container);
}

struct NextEventsParams {
  cursor @0 :UInt64;
  # 0: from now on.
}

struct NextEventsResults {
  cursor @0 :UInt64;
  lost @1 :Bool;
  # The cursor was too old, or of another process: list again.
  events @2 :List(RuntimeEvent);
}

struct RuntimeEvent {
  type @0 :Text;
  # "ContainerExited", "ContainerStarted", "SandboxExited"
  sandboxId @1 :Text;
  containerId @2 :Text;
}

struct ExecSyncParams {
  containerId @0 :Text;
  command @1 :List(Text);
  timeoutSeconds @2 :UInt32;
  # 0: the call's deadline.
}

struct ExecSyncResults {
  exitCode @0 :Int32;
  stdout @1 :Data;
  # At most 16 KiB, each.
  stderr @2 :Data;
  timedOut @3 :Bool;
}

struct ExecParams {
  containerId @0 :Text;
  command @1 :List(Text);
  # Not for attach.
  stdin @2 :Bool;
  stdout @3 :Bool;
  stderr @4 :Bool;
  tty @5 :Bool;
}

struct PortForwardParams {
  sandboxId @0 :Text;
  port @1 :UInt16;
}

struct StreamResults {
  # A Unix socket that takes one connection within ten seconds. For exec and attach it carries frames: one byte channel
  # (0 stdin, 1 stdout, 2 stderr, 3 result, 4 resize), four bytes length (big-endian), the bytes. A stdin frame of length
  # 0 closes stdin. `result` is one JSON object {"exitCode": N} or {"error": "…"}, the last frame. `resize` is
  # {"Width": W, "Height": H}. For portForward it carries the connection's bytes as they are.
  socketPath @0 :Text;
}

struct Credential {
  username @0 :Text;
  password @1 :Text;
}

struct PullImageParams {
  image @0 :Text;
  credential @1 :Credential;
}

struct ImportImageParams {
  path @0 :Text;
  # An OCI or Docker archive, or an OCI layout folder, on this machine.
  name @1 :Text;
  # Empty: the names in the archive.
}

struct ImageParams {
  image @0 :Text;
}

struct ImageResults {
  image @0 :Image;
}

struct Image {
  id @0 :Text;
  # "sha256:…": the digest of its configuration.
  names @1 :List(Text);
  # "docker.io/library/busybox:1.35"
  digests @2 :List(Text);
  # "docker.io/library/busybox@sha256:…"
  sizeBytes @3 :UInt64;
  user @4 :Text;
  # The image's configured user.
}

struct ListImagesResults {
  images @0 :List(Image);
}

struct StatsResults {
  containers @0 :List(ContainerStats);
}

struct ContainerStats {
  containerId @0 :Text;
  timestampNs @1 :Int64;
  cpuUsageNs @2 :UInt64;
  # In total since its start.
  memoryWorkingSetBytes @3 :UInt64;
  memoryUsageBytes @4 :UInt64;
  memoryRssBytes @5 :UInt64;
  rootfsUsedBytes @6 :UInt64;
}

struct ImageFilesystemResults {
  images @0 :List(FilesystemUsage);
  # One for each filesystem that images are on.
  containers @1 :List(FilesystemUsage);
  # The same for what containers write.
}

struct FilesystemUsage {
  path @0 :Text;
  # A folder on it.
  timestampNs @1 :Int64;
  capacityBytes @2 :UInt64;
  availableBytes @3 :UInt64;
  # To whoever is not root.
  usedBytes @4 :UInt64;
  # By the images, or by the containers; where that is not known, by everything on the filesystem.
  inodes @5 :UInt64;
  inodesFree @6 :UInt64;
  inodesUsed @7 :UInt64;
}
