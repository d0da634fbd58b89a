@0x8d652b09f3fe025c;
# Kinds of the core group, v1, that every cluster needs: pods and all they are made of, nodes,
# namespaces, services and their endpoints, configuration and secrets, service accounts, events and
# bindings.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::core_v1");

struct Namespace $C.openapi("io.k8s.api.core.v1.Namespace") {
  # A scope for names. Objects of most kinds live in one, and are deleted with it.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is a
  # DNS label of at most 63 characters.
  spec @1 :NamespaceSpec $C.proto([2]) $C.always;
  # How the namespace behaves.
  status @2 :NamespaceStatus $C.proto([3]) $C.always;
  # Whether the namespace is alive or being emptied.
}

struct Node $C.openapi("io.k8s.api.core.v1.Node") {
  # A machine of the cluster that runs pods. The node's agent registers and updates it.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is
  # the node's identity throughout the cluster.
  spec @1 :NodeSpec $C.proto([2]) $C.always;
  # What is wanted of the node: taints, pod addresses, and whether pods may be scheduled onto it.
  status @2 :NodeStatus $C.proto([3]) $C.always;
  # What the node has, runs and reports about itself. Written by its agent.
}

struct Pod $C.openapi("io.k8s.api.core.v1.Pod") {
  # Containers that run together on one node, sharing an address and volumes. The smallest thing
  # that is scheduled.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :PodSpec $C.proto([2]) $C.always;
  # What to run. Few fields may change after creation: images, tolerations added, deadlines and,
  # through subresources, sizes and ephemeral containers.
  status @2 :PodStatus $C.proto([3]) $C.always;
  # What runs, as last seen by the node. May lag behind.
}

struct Service $C.openapi("io.k8s.api.core.v1.Service") {
  # A stable name and address for a set of pods that offer the same thing.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is a
  # DNS label; it is also the Service's name in DNS.
  spec @1 :ServiceSpec $C.proto([2]) $C.always;
  # Which pods are meant, and how they are reached.
  status @2 :ServiceStatus $C.proto([3]) $C.always;
  # Addresses under which a load balancer offers the Service.
}

struct Endpoints $C.openapi("io.k8s.api.core.v1.Endpoints") {
  # Addresses behind a Service of the same name. Superseded by EndpointSlice, which scales better;
  # kept for clients that still read it.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is
  # that of the Service.
  subsets @1 :List(EndpointSubset) $C.proto([2]) $C.listType("atomic");
  # Groups of addresses that offer the same ports. The endpoints are all combinations of address and
  # port within each group.
}

struct ConfigMap $C.openapi("io.k8s.api.core.v1.ConfigMap") {
  # Configuration that pods read as environment variables or files. Not for secrets, and at most 1
  # MiB in all.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  data @1 :List(Meta.TextEntry) $C.proto([2]);
  # Configuration as text, by key. Keys consist of letters, digits, -, _ and dots, and must not also
  # occur in binaryData.
  binaryData @2 :List(Meta.DataEntry) $C.proto([3]);
  # Configuration as bytes, by key; base64 in JSON. Keys follow the rules of data.
  immutable @3 :Meta.BoolValue $C.proto([4]);
  # True forbids changes to the content for good; only metadata may change, and nodes need not watch
  # it. Defaults to false.
}

struct Secret $C.openapi("io.k8s.api.core.v1.Secret") {
  # Confidential content, such as passwords, keys and certificates, for pods and controllers. At
  # most 1 MiB in all.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  data @1 :List(Meta.DataEntry) $C.proto([2]);
  # The content, by key; base64 in JSON. Keys consist of letters, digits, -, _ and dots.
  type @2 :Text $C.proto([3]);
  # What the content is, such as Opaque, kubernetes.io/tls or kubernetes.io/dockerconfigjson; known
  # types demand certain keys. Defaults to Opaque. Cannot change after creation.
  stringData @3 :List(Meta.TextEntry) $C.proto([4]);
  # Content given as plain text, for convenience. On a write each entry goes into data, over one of
  # the same key; it is never given back.
  immutable @4 :Meta.BoolValue $C.proto([5]);
  # True forbids changes to the content for good; only metadata may change, and nodes need not watch
  # it. Defaults to false.
}

struct ServiceAccount $C.openapi("io.k8s.api.core.v1.ServiceAccount") {
  # An identity for what runs in pods. Its user name is system:serviceaccount:<namespace>:<name>.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  secrets @1 :List(ObjectReference) $C.proto([2]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Secrets that pods of this account may use. Restricts them only if the annotation
  # kubernetes.io/enforce-mountable-secrets is "true"; both are deprecated.
  imagePullSecrets @2 :List(LocalObjectReference) $C.proto([3]) $C.listType("atomic");
  # Credentials for registries, given to pods of this account that name none themselves.
  automountServiceAccountToken @3 :Meta.BoolValue $C.proto([4]);
  # Whether pods of this account get a token mounted. A pod's own setting wins. Absent counts as
  # true.
}

struct Event $C.openapi("io.k8s.api.core.v1.Event") {
  # A note that something happened to an object, for people who want to know why. Events expire
  # after a while, and nothing should be decided by them.
  metadata @0 :Meta.ObjectMeta $C.proto([1]) $C.required;
  # Name, labels, annotations and the rest of the metadata that every object carries. The namespace
  # is that of the object concerned.
  involvedObject @1 :ObjectReference $C.proto([2]) $C.required;
  # The object concerned.
  reason @2 :Text $C.proto([3]);
  # Why this happened, in one CamelCase word meant for programs, such as FailedScheduling.
  message @3 :Text $C.proto([4]);
  # What happened, in a sentence meant for people.
  source @4 :EventSource $C.proto([5]) $C.always;
  # Who reported the event, in the older form. New reporters use reportingComponent and
  # reportingInstance.
  firstTimestamp @5 :Text $C.proto([6]) $C.format("date-time");
  # When this was first seen.
  lastTimestamp @6 :Text $C.proto([7]) $C.format("date-time");
  # When this was last seen.
  count @7 :Int32 $C.proto([8]);
  # How often this has been seen, between the first and the last time.
  type @8 :Text $C.proto([9]);
  # Normal or Warning.
  eventTime @9 :Text $C.proto([10]) $C.format("micro-time");
  # When this first happened, to the microsecond. Set by reporters of the newer form, which need it.
  series @10 :EventSeries $C.proto([11]);
  # How a repeated event goes on, in the newer form. Absent for a single event.
  action @11 :Text $C.proto([12]);
  # What was done or failed about the object, in one CamelCase word, such as Binding.
  related @12 :ObjectReference $C.proto([13]);
  # A second object that plays a part, such as the pod that a ReplicaSet made.
  reportingComponent @13 :Text $C.proto([14]) $C.always;
  # Name of the controller that reported the event, such as kubernetes.io/kubelet.
  reportingInstance @14 :Text $C.proto([15]) $C.always;
  # Which instance of the controller it was, such as its pod or node.
}

struct Binding $C.openapi("io.k8s.api.core.v1.Binding") {
  # Puts a pod on a node. Schedulers post it to the pod's binding subresource; it is not stored.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Names the pod;
  # annotations given here are added to it.
  target @1 :ObjectReference $C.proto([2]) $C.required;
  # The node to put the pod on.
}

struct AWSElasticBlockStoreVolumeSource $C.openapi("io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource") {
  # Deprecated, use the CSI driver ebs.csi.aws.com. A disk of Amazon's Elastic Block Store, attached
  # to the node.
  volumeID @0 :Text $C.proto([1]) $C.required;
  # The disk's id at Amazon.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  partition @2 :Int32 $C.proto([3]);
  # Number of the partition to mount. 0 means the whole device.
  readOnly @3 :Bool $C.proto([4]);
  # True mounts the volume read-only. Defaults to false.
}

struct Affinity $C.openapi("io.k8s.api.core.v1.Affinity") {
  # Where a pod wants to be scheduled, by what nodes are and by what runs on them.
  nodeAffinity @0 :NodeAffinity $C.proto([1]);
  # Which nodes the pod must or would rather be on.
  podAffinity @1 :PodAffinity $C.proto([2]);
  # Which pods this pod must or would rather be near.
  podAntiAffinity @2 :PodAntiAffinity $C.proto([3]);
  # Which pods this pod must or would rather be away from.
}

struct AppArmorProfile $C.openapi("io.k8s.api.core.v1.AppArmorProfile") {
  # The AppArmor profile that confines a process.
  type @0 :Text $C.proto([1]) $C.required $C.values(["Localhost", "RuntimeDefault", "Unconfined"]);
  # RuntimeDefault is the container runtime's profile, Localhost one loaded on the node, Unconfined
  # none.
  localhostProfile @1 :Text $C.proto([2]) $C.optional;
  # Name of the profile on the node. Must be set with type Localhost and only then.
}

struct AttachedVolume $C.openapi("io.k8s.api.core.v1.AttachedVolume") {
  # A volume that is attached to a node.
  name @0 :Text $C.proto([1]) $C.required;
  # The volume's name, made unique by its driver's name.
  devicePath @1 :Text $C.proto([2]) $C.required;
  # The path of the device on the node.
}

struct AzureDiskVolumeSource $C.openapi("io.k8s.api.core.v1.AzureDiskVolumeSource") {
  # Deprecated, use the CSI driver disk.csi.azure.com. A data disk of Microsoft Azure, attached to
  # the node.
  diskName @0 :Text $C.proto([1]) $C.required;
  # The disk's name in its storage.
  diskURI @1 :Text $C.proto([2]) $C.required;
  # The disk's URI in its storage.
  cachingMode @2 :Text $C.proto([3]) $C.optional $C.values(["None", "ReadOnly", "ReadWrite"]);
  # How the host caches: None, ReadOnly or ReadWrite. Defaults to ReadWrite.
  fsType @3 :Text $C.proto([4]) $C.optional;
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @4 :Meta.BoolValue $C.proto([5]);
  # True mounts the volume read-only. Defaults to false.
  kind @5 :Text $C.proto([6]) $C.optional $C.values(["Dedicated", "Managed", "Shared"]);
  # Shared for several disks to a storage account, Dedicated for one to an account, Managed for a
  # managed disk. Defaults to Shared.
}

struct AzureFileVolumeSource $C.openapi("io.k8s.api.core.v1.AzureFileVolumeSource") {
  # Deprecated, use the CSI driver file.csi.azure.com. A file share of Microsoft Azure.
  secretName @0 :Text $C.proto([1]) $C.required;
  # Name of the Secret with the storage account's name and key.
  shareName @1 :Text $C.proto([2]) $C.required;
  # Name of the share.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
}

struct CSIVolumeSource $C.openapi("io.k8s.api.core.v1.CSIVolumeSource") {
  # A volume that a CSI driver makes for this pod and removes with it.
  driver @0 :Text $C.proto([1]) $C.required;
  # Name of the CSI driver; it must support inline volumes.
  readOnly @1 :Meta.BoolValue $C.proto([2]);
  # True mounts the volume read-only. Defaults to false.
  fsType @2 :Text $C.proto([3]) $C.optional;
  # Filesystem the driver should mount. When empty, the driver chooses.
  volumeAttributes @3 :List(Meta.TextEntry) $C.proto([4]);
  # Properties the driver understands; see its documentation.
  nodePublishSecretRef @4 :LocalObjectReference $C.proto([5]);
  # Secret in the pod's namespace that the driver needs to publish the volume. Its whole content is
  # handed over.
}

struct Capabilities $C.openapi("io.k8s.api.core.v1.Capabilities") {
  # Linux capabilities to add to and take from those the runtime grants by default.
  add @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # Capabilities to add, without the prefix CAP_, such as NET_ADMIN; ALL adds every one.
  drop @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # Capabilities to take away; ALL takes every one.
}

struct CephFSVolumeSource $C.openapi("io.k8s.api.core.v1.CephFSVolumeSource") {
  # Deprecated; its support has ended in favour of CSI drivers. A mount of a Ceph filesystem.
  monitors @0 :List(Text) $C.proto([1]) $C.required $C.listType("atomic");
  # Addresses of the Ceph monitors.
  path @1 :Text $C.proto([2]);
  # Directory to mount as the root. Defaults to /.
  user @2 :Text $C.proto([3]);
  # The Ceph user. Defaults to admin.
  secretFile @3 :Text $C.proto([4]);
  # Path of the user's keyring on the node. Defaults to /etc/ceph/user.secret.
  secretRef @4 :LocalObjectReference $C.proto([5]);
  # Secret that holds the user's key. Goes before secretFile.
  readOnly @5 :Bool $C.proto([6]);
  # True mounts the volume read-only. Defaults to false.
}

struct CinderVolumeSource $C.openapi("io.k8s.api.core.v1.CinderVolumeSource") {
  # Deprecated, use the CSI driver cinder.csi.openstack.org. A volume of OpenStack Cinder.
  volumeID @0 :Text $C.proto([1]) $C.required;
  # The volume's id in Cinder.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
  secretRef @3 :LocalObjectReference $C.proto([4]);
  # Secret with the credentials for OpenStack.
}

struct ClientIPConfig $C.openapi("io.k8s.api.core.v1.ClientIPConfig") {
  # How affinity to a client's address works.
  timeoutSeconds @0 :Meta.Int32Value $C.proto([1]);
  # Seconds a client stays with the same endpoint after its last connection, from 1 to 86400.
  # Defaults to 10800 (3 hours).
}

struct ClusterTrustBundleProjection $C.openapi("io.k8s.api.core.v1.ClusterTrustBundleProjection") {
  # Writes the certificates of ClusterTrustBundles to a file, joined into one bundle without
  # duplicates and in no particular order.
  name @0 :Text $C.proto([1]) $C.optional;
  # A single bundle by name. Excludes signerName and labelSelector.
  signerName @1 :Text $C.proto([2]) $C.optional;
  # All bundles of this signer that labelSelector matches. Excludes name.
  labelSelector @2 :Meta.LabelSelector $C.proto([3]);
  # Narrows the bundles of signerName. Absent matches none, empty matches all.
  path @3 :Text $C.proto([4]) $C.required;
  # Path of the file, relative to the volume's root.
  optional @4 :Meta.BoolValue $C.proto([5]);
  # True lets the pod start if no bundle is found. Defaults to false.
  user @5 :Meta.Int64Value $C.proto([6]);
  # Uid of the file's owner. When absent, the volume's defaultUser.
}

struct ConfigMapEnvSource $C.openapi("io.k8s.api.core.v1.ConfigMapEnvSource") {
  # A ConfigMap all of whose entries become environment variables.
  name @0 :Text $C.proto([1, 1]);
  # Name of the ConfigMap, in the pod's namespace.
  optional @1 :Meta.BoolValue $C.proto([2]);
  # True lets a missing ConfigMap pass. Defaults to false: it must exist.
}

struct ConfigMapKeySelector $C.openapi("io.k8s.api.core.v1.ConfigMapKeySelector") $C.mapType("atomic") {
  # One entry of a ConfigMap.
  name @0 :Text $C.proto([1, 1]);
  # Name of the ConfigMap, in the pod's namespace.
  key @1 :Text $C.proto([2]) $C.required;
  # The entry's key.
  optional @2 :Meta.BoolValue $C.proto([3]);
  # True lets a missing ConfigMap or key pass. Defaults to false: it must exist.
}

struct ConfigMapNodeConfigSource $C.openapi("io.k8s.api.core.v1.ConfigMapNodeConfigSource") {
  # Deprecated and without effect. A ConfigMap that once held a node's configuration.
  namespace @0 :Text $C.proto([1]) $C.required;
  # The ConfigMap's namespace.
  name @1 :Text $C.proto([2]) $C.required;
  # The ConfigMap's name.
  uid @2 :Text $C.proto([3]);
  # The ConfigMap's uid; only in status.
  resourceVersion @3 :Text $C.proto([4]);
  # The ConfigMap's resourceVersion; only in status.
  kubeletConfigKey @4 :Text $C.proto([5]) $C.required;
  # The key under which the configuration is found.
}

struct ConfigMapProjection $C.openapi("io.k8s.api.core.v1.ConfigMapProjection") {
  # Entries of a ConfigMap as files of a projected volume.
  name @0 :Text $C.proto([1, 1]);
  # Name of the ConfigMap, in the pod's namespace.
  items @1 :List(KeyToPath) $C.proto([2]) $C.listType("atomic");
  # Keys to write and the paths to write them to. When empty, every key becomes a file of its name.
  # A listed key that is missing is an error unless optional is true.
  optional @2 :Meta.BoolValue $C.proto([4]);
  # True lets a missing ConfigMap or key pass. Defaults to false: it must exist.
}

struct ConfigMapVolumeSource $C.openapi("io.k8s.api.core.v1.ConfigMapVolumeSource") {
  # Entries of a ConfigMap as files. Changes to the ConfigMap reach the files after a short while,
  # except for mounts with a subPath.
  name @0 :Text $C.proto([1, 1]);
  # Name of the ConfigMap, in the pod's namespace.
  items @1 :List(KeyToPath) $C.proto([2]) $C.listType("atomic");
  # Keys to write and the paths to write them to. When empty, every key becomes a file of its name.
  # A listed key that is missing is an error unless optional is true.
  defaultMode @2 :Meta.Int32Value $C.proto([3]);
  # Permission bits of files for which none are given, from 0 to 0777 octal (511 decimal; JSON has
  # only decimal). Defaults to 0644. The pod's fsGroup may add bits.
  optional @3 :Meta.BoolValue $C.proto([4]);
  # True lets a missing ConfigMap or key pass. Defaults to false: it must exist.
  defaultUser @4 :Meta.Int64Value $C.proto([5]);
  # Uid of the owner of files for which none is given. Alpha.
}

struct Container $C.openapi("io.k8s.api.core.v1.Container") {
  # One container of a pod.
  name @0 :Text $C.proto([1]) $C.required;
  # The container's name, a DNS label unique among all containers of the pod. Cannot change.
  image @1 :Text $C.proto([2]);
  # The image to run. May be left out of templates whose controller fills it in.
  command @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # Replaces the image's entry point; no shell is involved. $(NAME) becomes the variable's value, $$
  # a plain $, and an unknown name stays as it is. Cannot change.
  args @3 :List(Text) $C.proto([4]) $C.listType("atomic");
  # Replaces the image's arguments to its entry point. Variables are expanded as in command. Cannot
  # change.
  workingDir @4 :Text $C.proto([5]);
  # Directory the process starts in. Defaults to the image's. Cannot change.
  ports @5 :List(ContainerPort) $C.proto([6]) $C.listType("map") $C.mapKeys(["containerPort", "protocol=TCP"]) $C.patchStrategy("merge") $C.patchMergeKey("containerPort");
  # Ports that the container listens on. Says so to people and gives names to ports; a port that is
  # not listed can still be reached, unless it needs a hostPort.
  env @6 :List(EnvVar) $C.proto([7]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Environment variables. Later ones may refer to earlier ones. Cannot change.
  resources @7 :ResourceRequirements $C.proto([8]) $C.always;
  # How much of CPU, memory and so on the container needs and may use. CPU and memory can change
  # through the resize subresource.
  volumeMounts @8 :List(VolumeMount) $C.proto([9]) $C.listType("map") $C.mapKeys(["mountPath"]) $C.patchStrategy("merge") $C.patchMergeKey("mountPath");
  # Where volumes of the pod appear in the container's filesystem. Cannot change.
  livenessProbe @9 :Probe $C.proto([10]);
  # Checks that the container works; if it fails, the container is restarted according to its
  # restart policy.
  readinessProbe @10 :Probe $C.proto([11]);
  # Checks that the container can serve; while it fails, Services send it no traffic.
  lifecycle @11 :Lifecycle $C.proto([12]);
  # What to do right after the container starts and before it stops.
  terminationMessagePath @12 :Text $C.proto([13]);
  # File in the container whose content becomes the termination message; at most 4096 bytes are
  # read. Defaults to /dev/termination-log.
  imagePullPolicy @13 :Text $C.proto([14]) $C.values(["Always", "IfNotPresent", "Never"]);
  # Always asks the registry at every start, IfNotPresent only if the node lacks the image, Never
  # relies on the node. Defaults to Always for the tag latest or none, else to IfNotPresent.
  securityContext @14 :SecurityContext $C.proto([15]);
  # Privileges of the container's processes. Goes before the pod's settings where both say
  # something.
  stdin @15 :Bool $C.proto([16]);
  # True keeps standard input open for clients that attach. Defaults to false: reads see the end at
  # once.
  stdinOnce @16 :Bool $C.proto([17]);
  # True closes standard input when the first client that attached goes. Applies only with stdin.
  # Defaults to false.
  tty @17 :Bool $C.proto([18]);
  # True gives the container a terminal. Needs stdin. Defaults to false.
  envFrom @18 :List(EnvFromSource) $C.proto([19]) $C.listType("atomic");
  # ConfigMaps and Secrets whose entries become environment variables. On equal names a later source
  # wins, and env wins over all.
  terminationMessagePolicy @19 :Text $C.proto([20]) $C.values(["FallbackToLogsOnError", "File"]);
  # File takes the message from terminationMessagePath alone. FallbackToLogsOnError takes the end of
  # the log (2048 bytes or 80 lines) if the file is empty and the container failed. Defaults to
  # File.
  volumeDevices @20 :List(VolumeDevice) $C.proto([21]) $C.listType("map") $C.mapKeys(["devicePath"]) $C.patchStrategy("merge") $C.patchMergeKey("devicePath");
  # Volumes given to the container as raw block devices.
  startupProbe @21 :Probe $C.proto([22]);
  # Checks that the container has come up. Until it succeeds the other probes wait; if it fails, the
  # container is restarted according to its restart policy.
  resizePolicy @22 :List(ContainerResizePolicy) $C.proto([23]) $C.listType("atomic");
  # For each resource, whether the container restarts when it is resized. Defaults to no restart.
  restartPolicy @23 :Text $C.proto([24]) $C.optional;
  # When to restart this container: Always, OnFailure or Never. Absent follows the pod. Always on an
  # init container makes it a sidecar: it need not end before the next one starts, and it runs for
  # as long as the pod.
  restartPolicyRules @24 :List(ContainerRestartRule) $C.proto([25]) $C.listType("atomic");
  # Exceptions to restartPolicy by exit code, tried in order; the first match decides. At most 20,
  # and only together with restartPolicy.
}

struct ContainerExtendedResourceRequest $C.openapi("io.k8s.api.core.v1.ContainerExtendedResourceRequest") {
  # Says which request of a claim serves an extended resource of a container.
  containerName @0 :Text $C.proto([1]) $C.required;
  # The container's name.
  resourceName @1 :Text $C.proto([2]) $C.required;
  # The extended resource it asks for.
  requestName @2 :Text $C.proto([3]) $C.required;
  # Name of the request in the ResourceClaim.
}

struct ContainerImage $C.openapi("io.k8s.api.core.v1.ContainerImage") {
  # An image that a node has.
  names @0 :List(Text) $C.proto([1]) $C.always $C.listType("atomic");
  # Names the image is known by, with tag or digest.
  sizeBytes @1 :Int64 $C.proto([2]);
  # The image's size in bytes.
}

struct ContainerPort $C.openapi("io.k8s.api.core.v1.ContainerPort") {
  # A port that a container listens on.
  name @0 :Text $C.proto([1]);
  # A name for the port, unique in the pod, that Services can refer to: at most 15 lower-case
  # letters, digits and dashes.
  hostPort @1 :Int32 $C.proto([2]);
  # Port of the node that leads to this one. 0 means none. With hostNetwork it must equal
  # containerPort.
  containerPort @2 :Int32 $C.proto([3]) $C.required;
  # The port number in the pod, from 1 to 65535.
  protocol @3 :Text $C.proto([4]) $C.values(["SCTP", "TCP", "UDP"]);
  # TCP, UDP or SCTP. Defaults to TCP.
  hostIP @4 :Text $C.proto([5]);
  # Address of the node on which hostPort is opened. Empty means all of them.
}

struct ContainerResizePolicy $C.openapi("io.k8s.api.core.v1.ContainerResizePolicy") {
  # What resizing one resource means for a container.
  resourceName @0 :Text $C.proto([1]) $C.required;
  # The resource: cpu or memory.
  restartPolicy @1 :Text $C.proto([2]) $C.required;
  # NotRequired applies the new size to the running container; RestartContainer restarts it.
  # Defaults to NotRequired.
}

struct ContainerRestartRule $C.openapi("io.k8s.api.core.v1.ContainerRestartRule") {
  # What to do when a container ends in a given way.
  action @0 :Text $C.proto([1]) $C.required;
  # Restart restarts the container; RestartAllContainers restarts all containers of the pod, init
  # containers first.
  exitCodes @1 :ContainerRestartRuleOnExitCodes $C.proto([2]);
  # The exit codes for which the rule applies.
}

struct ContainerRestartRuleOnExitCodes $C.openapi("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes") {
  # A set of exit codes.
  operator @0 :Text $C.proto([1]) $C.required;
  # In applies to the listed codes, NotIn to all others.
  values @1 :List(Int32) $C.proto([2]) $C.listType("set");
  # The exit codes, from 0 to 255; at most 255 of them.
}

struct ContainerState $C.openapi("io.k8s.api.core.v1.ContainerState") {
  # What a container is doing. One of the three is set; none means waiting.
  waiting @0 :ContainerStateWaiting $C.proto([1]);
  # The container has yet to run, for example while its image is pulled.
  running @1 :ContainerStateRunning $C.proto([2]);
  # The container runs.
  terminated @2 :ContainerStateTerminated $C.proto([3]);
  # The container has ended.
}

struct ContainerStateRunning $C.openapi("io.k8s.api.core.v1.ContainerStateRunning") {
  # A container that runs.
  startedAt @0 :Text $C.proto([1]) $C.format("date-time");
  # When it was started.
}

struct ContainerStateTerminated $C.openapi("io.k8s.api.core.v1.ContainerStateTerminated") {
  # A container that has ended.
  exitCode @0 :Int32 $C.proto([1]) $C.required;
  # Its exit code. A process killed by a signal has 128 plus the signal's number.
  signal @1 :Int32 $C.proto([2]);
  # The signal that ended it, as a number; 0 if none did or it is not known.
  reason @2 :Text $C.proto([3]);
  # Why it ended, in one CamelCase word, such as Completed, Error or OOMKilled.
  message @3 :Text $C.proto([4]);
  # Its termination message, or an explanation.
  startedAt @4 :Text $C.proto([5]) $C.format("date-time");
  # When it was started.
  finishedAt @5 :Text $C.proto([6]) $C.format("date-time");
  # When it ended.
  containerID @6 :Text $C.proto([7]);
  # Its id, in the form <runtime>://<id>.
}

struct ContainerStateWaiting $C.openapi("io.k8s.api.core.v1.ContainerStateWaiting") {
  # A container that does not run yet.
  reason @0 :Text $C.proto([1]);
  # Why it waits, in one CamelCase word, such as ContainerCreating, ImagePullBackOff or
  # CrashLoopBackOff.
  message @1 :Text $C.proto([2]);
  # Why it waits, in a sentence meant for people.
}

struct ContainerStatus $C.openapi("io.k8s.api.core.v1.ContainerStatus") {
  # What is known about one container of a pod.
  name @0 :Text $C.proto([1]) $C.required;
  # The container's name, as in the spec.
  state @1 :ContainerState $C.proto([2]) $C.always;
  # What the container is doing now.
  lastState @2 :ContainerState $C.proto([3]) $C.always;
  # How it ended the last time, if it was restarted; else empty.
  ready @3 :Bool $C.proto([4]) $C.required;
  # Whether it passes its readiness probe, or simply runs if it has none.
  restartCount @4 :Int32 $C.proto([5]) $C.required;
  # How often it has been restarted. Counting starts over if the node forgets its dead containers.
  image @5 :Text $C.proto([6]) $C.required;
  # Name of the image it runs. May differ from the spec's if the runtime knows another name for it.
  imageID @6 :Text $C.proto([7]) $C.required;
  # The image by digest, as the runtime knows it.
  containerID @7 :Text $C.proto([8]);
  # Its id, in the form <runtime>://<id>. Empty until it has been created.
  started @8 :Meta.BoolValue $C.proto([9]);
  # True once it runs, its start hook is done and its startup probe, if any, has succeeded. Absent
  # or false before.
  allocatedResources @9 :List(Meta.TextEntry) $C.proto([10]) $C.format("quantity");
  # How much the node has set aside for it. Differs from the spec's requests while a resize is under
  # way.
  resources @10 :ResourceRequirements $C.proto([11]);
  # Requests and limits that are in force for it now.
  volumeMounts @11 :List(VolumeMountStatus) $C.proto([12]) $C.listType("map") $C.mapKeys(["mountPath"]) $C.patchStrategy("merge") $C.patchMergeKey("mountPath");
  # How its volumes are really mounted.
  user @12 :ContainerUser $C.proto([13]);
  # The user its first process started as.
  allocatedResourcesStatus @13 :List(ResourceStatus) $C.proto([14]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Health of devices allocated to it.
  stopSignal @14 :Text $C.proto([15]) $C.optional
      $C.values(["SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL",
        "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGRTMAX",
        "SIGRTMAX-1", "SIGRTMAX-10", "SIGRTMAX-11", "SIGRTMAX-12", "SIGRTMAX-13", "SIGRTMAX-14", "SIGRTMAX-2",
        "SIGRTMAX-3", "SIGRTMAX-4", "SIGRTMAX-5", "SIGRTMAX-6", "SIGRTMAX-7", "SIGRTMAX-8", "SIGRTMAX-9",
        "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14",
        "SIGRTMIN+15", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5", "SIGRTMIN+6", "SIGRTMIN+7",
        "SIGRTMIN+8", "SIGRTMIN+9", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP",
        "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ"]);
  # The signal sent to stop it, such as SIGTERM.
}

struct ContainerUser $C.openapi("io.k8s.api.core.v1.ContainerUser") {
  # The user a container's first process started as.
  linux @0 :LinuxContainerUser $C.proto([1]);
  # The user on Linux.
}

struct DaemonEndpoint $C.openapi("io.k8s.api.core.v1.DaemonEndpoint") {
  # Where a service of a node listens.
  port @0 :Int32 $C.proto([1]) $C.json("Port") $C.required;
  # The port number.
}

struct DownwardAPIProjection $C.openapi("io.k8s.api.core.v1.DownwardAPIProjection") {
  # Facts about the pod as files of a projected volume.
  items @0 :List(DownwardAPIVolumeFile) $C.proto([1]) $C.listType("atomic");
  # The files to write.
}

struct DownwardAPIVolumeFile $C.openapi("io.k8s.api.core.v1.DownwardAPIVolumeFile") {
  # One file with a fact about the pod. Exactly one of fieldRef and resourceFieldRef is set.
  path @0 :Text $C.proto([1]) $C.required;
  # Path of the file, relative to the volume's root. Must not be absolute or contain "..".
  fieldRef @1 :ObjectFieldSelector $C.proto([2]);
  # A field of the pod: its annotations, labels, name, namespace or uid.
  resourceFieldRef @2 :ResourceFieldSelector $C.proto([3]);
  # A request or limit of one of its containers.
  mode @3 :Meta.Int32Value $C.proto([4]);
  # Permission bits of this file, from 0 to 0777 octal (JSON has only decimal). When absent, the
  # volume's defaultMode.
  user @4 :Meta.Int64Value $C.proto([5]);
  # Uid of the file's owner. When absent, the volume's defaultUser.
}

struct DownwardAPIVolumeSource $C.openapi("io.k8s.api.core.v1.DownwardAPIVolumeSource") {
  # Facts about the pod as files. Changed labels and annotations reach the files after a short
  # while.
  items @0 :List(DownwardAPIVolumeFile) $C.proto([1]) $C.listType("atomic");
  # The files to write.
  defaultMode @1 :Meta.Int32Value $C.proto([2]);
  # Permission bits of files for which none are given, from 0 to 0777 octal (511 decimal; JSON has
  # only decimal). Defaults to 0644. The pod's fsGroup may add bits.
  defaultUser @2 :Meta.Int64Value $C.proto([3]);
  # Uid of the owner of files for which none is given. Alpha.
}

struct EmptyDirVolumeSource $C.openapi("io.k8s.api.core.v1.EmptyDirVolumeSource") {
  # A directory that is empty when the pod starts and goes when the pod leaves the node.
  medium @0 :Text $C.proto([1]);
  # Where to keep it: empty for the node's disk, Memory for a tmpfs that counts as the containers'
  # memory, HugePages or HugePages-<size>.
  sizeLimit @1 :Text $C.proto([2]) $C.format("quantity");
  # How much it may hold. A pod that exceeds it on disk is evicted. Absent or 0 means no limit of
  # its own.
  mode @2 :Meta.Int32Value $C.proto([3]);
  # Permission bits of the directory, from 0 to 01777 octal (1023 decimal; JSON has only decimal). Defaults to 0777. The
  # pod's fsGroup may add bits. Alpha.
}

struct EndpointAddress $C.openapi("io.k8s.api.core.v1.EndpointAddress") $C.mapType("atomic") {
  # One address behind a Service. Superseded by EndpointSlice.
  ip @0 :Text $C.proto([1]) $C.required;
  # The address. Loopback, link-local and multicast addresses are refused.
  targetRef @1 :ObjectReference $C.proto([2]);
  # The object behind the address, usually a Pod.
  hostname @2 :Text $C.proto([3]);
  # Its host name in DNS.
  nodeName @3 :Text $C.proto([4]) $C.optional;
  # The node it is on.
}

struct EndpointPort $C.openapi("io.k8s.api.core.v1.EndpointPort") $C.mapType("atomic") {
  # A port behind a Service. Superseded by EndpointSlice.
  name @0 :Text $C.proto([1]);
  # The port's name, as in the Service. May be empty only for a single port.
  port @1 :Int32 $C.proto([2]) $C.required;
  # The port number.
  protocol @2 :Text $C.proto([3]) $C.values(["SCTP", "TCP", "UDP"]);
  # TCP, UDP or SCTP. Defaults to TCP.
  appProtocol @3 :Text $C.proto([4]) $C.optional;
  # The application protocol, for implementations that understand it; see the field of the same name
  # in Service.
}

struct EndpointSubset $C.openapi("io.k8s.api.core.v1.EndpointSubset") {
  # Addresses that offer the same ports. Superseded by EndpointSlice.
  addresses @0 :List(EndpointAddress) $C.proto([1]) $C.listType("atomic");
  # Addresses that are ready for traffic.
  notReadyAddresses @1 :List(EndpointAddress) $C.proto([2]) $C.listType("atomic");
  # Addresses that are not ready, because they are starting or fail their readiness probe.
  ports @2 :List(EndpointPort) $C.proto([3]) $C.listType("atomic");
  # The ports that every address offers.
}

struct EnvFromSource $C.openapi("io.k8s.api.core.v1.EnvFromSource") {
  # Environment variables from all entries of a ConfigMap or Secret. Exactly one of the two is set.
  prefix @0 :Text $C.proto([1]);
  # Text put before each key to make the variable's name. May be empty.
  configMapRef @1 :ConfigMapEnvSource $C.proto([2]);
  # The ConfigMap to take entries from.
  secretRef @2 :SecretEnvSource $C.proto([3]);
  # The Secret to take entries from.
}

struct EnvVar $C.openapi("io.k8s.api.core.v1.EnvVar") {
  # An environment variable of a container.
  name @0 :Text $C.proto([1]) $C.required;
  # The variable's name: printable ASCII without "=".
  value @1 :Text $C.proto([2]);
  # The value. $(NAME) becomes the value of a variable set earlier, $$ a plain $, and an unknown
  # name stays as it is. Defaults to the empty string.
  valueFrom @2 :EnvVarSource $C.proto([3]);
  # Takes the value from somewhere else. Only if value is empty.
}

struct EnvVarSource $C.openapi("io.k8s.api.core.v1.EnvVarSource") {
  # Where an environment variable takes its value from. Exactly one field is set.
  fieldRef @0 :ObjectFieldSelector $C.proto([1]);
  # A field of the pod: metadata.name, metadata.namespace, metadata.uid, metadata.labels['<key>'],
  # metadata.annotations['<key>'], spec.nodeName, spec.serviceAccountName, status.hostIP,
  # status.hostIPs, status.podIP or status.podIPs.
  resourceFieldRef @1 :ResourceFieldSelector $C.proto([2]);
  # A request or limit of a container for CPU, memory or ephemeral storage.
  configMapKeyRef @2 :ConfigMapKeySelector $C.proto([3]);
  # An entry of a ConfigMap.
  secretKeyRef @3 :SecretKeySelector $C.proto([4]);
  # An entry of a Secret.
  fileKeyRef @4 :FileKeySelector $C.proto([5]);
  # A variable in a file of an emptyDir volume, written by an init container.
}

struct EphemeralContainer $C.openapi("io.k8s.api.core.v1.EphemeralContainer") {
  # A container added to a running pod to look into it. It has no guarantees of resources, is never
  # restarted and cannot be removed. Added through the ephemeralcontainers subresource.
  name @0 :Text $C.proto([1, 1]) $C.required;
  # The container's name, a DNS label unique among all containers of the pod. Cannot change.
  image @1 :Text $C.proto([1, 2]);
  # The image to run. May be left out of templates whose controller fills it in.
  command @2 :List(Text) $C.proto([1, 3]) $C.listType("atomic");
  # Replaces the image's entry point; no shell is involved. $(NAME) becomes the variable's value, $$
  # a plain $, and an unknown name stays as it is. Cannot change.
  args @3 :List(Text) $C.proto([1, 4]) $C.listType("atomic");
  # Replaces the image's arguments to its entry point. Variables are expanded as in command. Cannot
  # change.
  workingDir @4 :Text $C.proto([1, 5]);
  # Directory the process starts in. Defaults to the image's. Cannot change.
  ports @5 :List(ContainerPort) $C.proto([1, 6]) $C.listType("map") $C.mapKeys(["containerPort", "protocol=TCP"]) $C.patchStrategy("merge") $C.patchMergeKey("containerPort");
  # Not allowed for ephemeral containers.
  env @6 :List(EnvVar) $C.proto([1, 7]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Environment variables. Later ones may refer to earlier ones. Cannot change.
  resources @7 :ResourceRequirements $C.proto([1, 8]) $C.always;
  # Not allowed for ephemeral containers; they use what the pod has to spare.
  volumeMounts @8 :List(VolumeMount) $C.proto([1, 9]) $C.listType("map") $C.mapKeys(["mountPath"]) $C.patchStrategy("merge") $C.patchMergeKey("mountPath");
  # Where volumes of the pod appear in the container's filesystem. A subPath is not allowed. Cannot
  # change.
  livenessProbe @9 :Probe $C.proto([1, 10]);
  # Not allowed for ephemeral containers.
  readinessProbe @10 :Probe $C.proto([1, 11]);
  # Not allowed for ephemeral containers.
  lifecycle @11 :Lifecycle $C.proto([1, 12]);
  # Not allowed for ephemeral containers.
  terminationMessagePath @12 :Text $C.proto([1, 13]);
  # File in the container whose content becomes the termination message; at most 4096 bytes are
  # read. Defaults to /dev/termination-log.
  imagePullPolicy @13 :Text $C.proto([1, 14]) $C.values(["Always", "IfNotPresent", "Never"]);
  # Always asks the registry at every start, IfNotPresent only if the node lacks the image, Never
  # relies on the node. Defaults to Always for the tag latest or none, else to IfNotPresent.
  securityContext @14 :SecurityContext $C.proto([1, 15]);
  # Privileges of the container's processes. Goes before the pod's settings where both say
  # something.
  stdin @15 :Bool $C.proto([1, 16]);
  # True keeps standard input open for clients that attach. Defaults to false: reads see the end at
  # once.
  stdinOnce @16 :Bool $C.proto([1, 17]);
  # True closes standard input when the first client that attached goes. Applies only with stdin.
  # Defaults to false.
  tty @17 :Bool $C.proto([1, 18]);
  # True gives the container a terminal. Needs stdin. Defaults to false.
  envFrom @18 :List(EnvFromSource) $C.proto([1, 19]) $C.listType("atomic");
  # ConfigMaps and Secrets whose entries become environment variables. On equal names a later source
  # wins, and env wins over all.
  terminationMessagePolicy @19 :Text $C.proto([1, 20]) $C.values(["FallbackToLogsOnError", "File"]);
  # File takes the message from terminationMessagePath alone. FallbackToLogsOnError takes the end of
  # the log (2048 bytes or 80 lines) if the file is empty and the container failed. Defaults to
  # File.
  volumeDevices @20 :List(VolumeDevice) $C.proto([1, 21]) $C.listType("map") $C.mapKeys(["devicePath"]) $C.patchStrategy("merge") $C.patchMergeKey("devicePath");
  # Volumes given to the container as raw block devices.
  startupProbe @21 :Probe $C.proto([1, 22]);
  # Not allowed for ephemeral containers.
  resizePolicy @22 :List(ContainerResizePolicy) $C.proto([1, 23]) $C.listType("atomic");
  # Not allowed for ephemeral containers.
  restartPolicy @23 :Text $C.proto([1, 24]) $C.optional;
  # Not allowed for ephemeral containers; they are never restarted.
  restartPolicyRules @24 :List(ContainerRestartRule) $C.proto([1, 25]) $C.listType("atomic");
  # Not allowed for ephemeral containers.
  targetContainerName @25 :Text $C.proto([2]);
  # Name of a container of the pod whose process namespace to join, so as to see its processes. When
  # empty, the pod's own setting applies.
}

struct EphemeralVolumeSource $C.openapi("io.k8s.api.core.v1.EphemeralVolumeSource") {
  # A volume for which a claim is made with the pod and deleted with it.
  volumeClaimTemplate @0 :PersistentVolumeClaimTemplate $C.proto([1]);
  # The claim to make; its name is <pod>-<volume>. A claim of this name that is not the pod's keeps
  # the pod from starting. Must be set, and cannot change.
}

struct EventSeries $C.openapi("io.k8s.api.core.v1.EventSeries") {
  # How a repeated event goes on.
  count @0 :Int32 $C.proto([1]);
  # How often the event has been seen so far.
  lastObservedTime @1 :Text $C.proto([2]) $C.format("micro-time");
  # When it was last seen.
}

struct EventSource $C.openapi("io.k8s.api.core.v1.EventSource") {
  # Who reported an event.
  component @0 :Text $C.proto([1]);
  # The component that reported it.
  host @1 :Text $C.proto([2]);
  # The node it was reported from.
}

struct ExecAction $C.openapi("io.k8s.api.core.v1.ExecAction") {
  # A command run in a container.
  command @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # The program and its arguments, run in the container's root directory without a shell. Exit code
  # 0 is success.
}

struct FCVolumeSource $C.openapi("io.k8s.api.core.v1.FCVolumeSource") {
  # A Fibre Channel disk. It is found either by targetWWNs and lun or by wwids.
  targetWWNs @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # World wide names of the targets.
  lun @1 :Meta.Int32Value $C.proto([2]);
  # Number of the logical unit.
  fsType @2 :Text $C.proto([3]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @3 :Bool $C.proto([4]);
  # True mounts the volume read-only. Defaults to false.
  wwids @4 :List(Text) $C.proto([5]) $C.listType("atomic");
  # World wide identifiers of the volume.
}

struct FileKeySelector $C.openapi("io.k8s.api.core.v1.FileKeySelector") $C.mapType("atomic") {
  # A variable in a file of environment variables.
  volumeName @0 :Text $C.proto([1]) $C.required;
  # The emptyDir volume that holds the file.
  path @1 :Text $C.proto([2]) $C.required;
  # Path of the file within the volume. Must be relative and must not contain "..".
  key @2 :Text $C.proto([3]) $C.required;
  # The variable's name in the file.
  optional @3 :Meta.BoolValue $C.proto([4]);
  # True lets a missing file or variable pass, leaving the environment variable unset. Defaults to
  # false.
}

struct FlexVolumeSource $C.openapi("io.k8s.api.core.v1.FlexVolumeSource") {
  # Deprecated, use a CSI driver. A volume that a driver program on the node attaches and mounts.
  driver @0 :Text $C.proto([1]) $C.required;
  # The driver's name.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount. When empty, the driver chooses.
  secretRef @2 :LocalObjectReference $C.proto([3]);
  # Secret whose content is handed to the driver.
  readOnly @3 :Bool $C.proto([4]);
  # True mounts the volume read-only. Defaults to false.
  options @4 :List(Meta.TextEntry) $C.proto([5]);
  # Further options that the driver understands.
}

struct FlockerVolumeSource $C.openapi("io.k8s.api.core.v1.FlockerVolumeSource") {
  # Deprecated; its support has ended. A dataset of the Flocker service. Exactly one of the two
  # fields is set.
  datasetName @0 :Text $C.proto([1]);
  # The dataset's name, kept in its metadata.
  datasetUUID @1 :Text $C.proto([2]);
  # The dataset's unique id.
}

struct GCEPersistentDiskVolumeSource $C.openapi("io.k8s.api.core.v1.GCEPersistentDiskVolumeSource") {
  # Deprecated, use the CSI driver pd.csi.storage.gke.io. A persistent disk of Google Compute
  # Engine, attached to the node.
  pdName @0 :Text $C.proto([1]) $C.required;
  # The disk's name.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  partition @2 :Int32 $C.proto([3]);
  # Number of the partition to mount. 0 means the whole device.
  readOnly @3 :Bool $C.proto([4]);
  # True mounts the volume read-only. Defaults to false.
}

struct GRPCAction $C.openapi("io.k8s.api.core.v1.GRPCAction") {
  # A call of the gRPC health checking protocol.
  port @0 :Int32 $C.proto([1]) $C.required;
  # The port number, from 1 to 65535.
  service @1 :Text $C.proto([2]) $C.always $C.optional;
  # Name of the service to ask about, sent in the request. Defaults to the empty string: the server
  # as a whole.
  mode @2 :Text $C.proto([3]) $C.optional $C.values(["Plaintext", "TLS"]);
  # How to connect: Plaintext, or TLS, whose certificate is not verified. Defaults to Plaintext.
}

struct GitRepoVolumeSource $C.openapi("io.k8s.api.core.v1.GitRepoVolumeSource") {
  # Deprecated and unsafe; clone into an emptyDir from an init container instead. A directory filled
  # from a git repository.
  repository @0 :Text $C.proto([1]) $C.required;
  # URL of the repository.
  revision @1 :Text $C.proto([2]);
  # The commit to check out.
  directory @2 :Text $C.proto([3]);
  # Directory to clone into; "." is the volume itself. Must not contain "..". When empty, the
  # repository's name.
}

struct GlusterfsVolumeSource $C.openapi("io.k8s.api.core.v1.GlusterfsVolumeSource") {
  # Deprecated; its support has ended. A mount of a Gluster volume.
  endpoints @0 :Text $C.proto([1]) $C.required;
  # Name of the Endpoints that list the Gluster servers.
  path @1 :Text $C.proto([2]) $C.required;
  # Name of the Gluster volume.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
}

struct HTTPGetAction $C.openapi("io.k8s.api.core.v1.HTTPGetAction") {
  # An HTTP GET request, made from the node. A status from 200 to 399 is success.
  path @0 :Text $C.proto([1]);
  # The path to ask for. Defaults to /.
  port @1 :Meta.IntOrString $C.proto([2]) $C.required;
  # The port, by number or by its name in the container.
  host @2 :Text $C.proto([3]);
  # The host to connect to. Defaults to the pod's address. To set only the Host header, use
  # httpHeaders.
  scheme @3 :Text $C.proto([4]) $C.values(["HTTP", "HTTPS"]);
  # HTTP or HTTPS; certificates are not verified. Defaults to HTTP.
  httpHeaders @4 :List(HTTPHeader) $C.proto([5]) $C.listType("atomic");
  # Headers to send. One name may occur several times.
  protocol @5 :Text $C.proto([6]) $C.optional $C.values(["HTTP1", "HTTP2"]);
  # The version of HTTP that a probe speaks. Defaults to HTTP/1.1.
}

struct HTTPHeader $C.openapi("io.k8s.api.core.v1.HTTPHeader") {
  # A header of an HTTP request.
  name @0 :Text $C.proto([1]) $C.required;
  # The header's name.
  value @1 :Text $C.proto([2]) $C.required;
  # The header's value.
}

struct HostAlias $C.openapi("io.k8s.api.core.v1.HostAlias") {
  # A line in a pod's hosts file.
  ip @0 :Text $C.proto([1]) $C.required;
  # The address.
  hostnames @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # The names that stand for it.
}

struct HostIP $C.openapi("io.k8s.api.core.v1.HostIP") {
  # An address of a node.
  ip @0 :Text $C.proto([1]) $C.required;
  # The address.
}

struct HostPathVolumeSource $C.openapi("io.k8s.api.core.v1.HostPathVolumeSource") {
  # A file or directory of the node itself. Few pods need one; it gives power over the node.
  path @0 :Text $C.proto([1]) $C.required;
  # Path on the node. Symbolic links are followed.
  type @1 :Text $C.proto([2]) $C.optional
      $C.values(["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
        "Socket"]);
  # What must be there: empty for no check, Directory, File, Socket, CharDevice or BlockDevice;
  # DirectoryOrCreate and FileOrCreate make what is missing.
}

struct ISCSIVolumeSource $C.openapi("io.k8s.api.core.v1.ISCSIVolumeSource") {
  # An iSCSI disk. It can be mounted for writing on one node only.
  targetPortal @0 :Text $C.proto([1]) $C.required;
  # Address of the target's portal, with the port unless it is 3260 (or 860).
  iqn @1 :Text $C.proto([2]) $C.required;
  # The target's qualified name.
  lun @2 :Int32 $C.proto([3]) $C.required;
  # Number of the logical unit.
  iscsiInterface @3 :Text $C.proto([4]);
  # Name of the initiator's interface. Defaults to default (TCP).
  fsType @4 :Text $C.proto([5]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @5 :Bool $C.proto([6]);
  # True mounts the volume read-only. Defaults to false.
  portals @6 :List(Text) $C.proto([7]) $C.listType("atomic");
  # Further portals of the target, for multiple paths, in the form of targetPortal.
  chapAuthDiscovery @7 :Bool $C.proto([8]);
  # Whether discovery authenticates by CHAP. Defaults to false.
  secretRef @8 :LocalObjectReference $C.proto([10]);
  # Secret with the CHAP credentials.
  chapAuthSession @9 :Bool $C.proto([11]);
  # Whether sessions authenticate by CHAP. Defaults to false.
  initiatorName @10 :Text $C.proto([12]) $C.optional;
  # Name the initiator goes by. If given with iscsiInterface, an interface of its own is made for
  # the connection.
}

struct ImageVolumeSource $C.openapi("io.k8s.api.core.v1.ImageVolumeSource") {
  # The content of an OCI image or artifact, mounted read-only.
  reference @0 :Text $C.proto([1]);
  # The image, named as a container's image is. May be left out of templates whose controller fills
  # it in.
  pullPolicy @1 :Text $C.proto([2]) $C.values(["Always", "IfNotPresent", "Never"]);
  # Always asks the registry at every start of the pod, IfNotPresent only if the node lacks the
  # image, Never relies on the node. Defaults to Always for the tag latest or none, else to
  # IfNotPresent.
}

struct ImageVolumeStatus $C.openapi("io.k8s.api.core.v1.ImageVolumeStatus") {
  # What is known about an image that is mounted as a volume.
  imageRef @0 :Text $C.proto([1]) $C.required;
  # The image by digest, as the runtime knows it.
}

struct KeyToPath $C.openapi("io.k8s.api.core.v1.KeyToPath") {
  # Which file an entry of a ConfigMap or Secret is written to.
  key @0 :Text $C.proto([1]) $C.required;
  # The entry's key.
  path @1 :Text $C.proto([2]) $C.required;
  # Path of the file, relative to the volume's root. Must not be absolute or contain "..".
  mode @2 :Meta.Int32Value $C.proto([3]);
  # Permission bits of this file, from 0 to 0777 octal (JSON has only decimal). When absent, the
  # volume's defaultMode.
  user @3 :Meta.Int64Value $C.proto([4]);
  # Uid of the file's owner. When absent, the volume's defaultUser.
}

struct Lifecycle $C.openapi("io.k8s.api.core.v1.Lifecycle") {
  # What to do at the start and at the stop of a container.
  postStart @0 :LifecycleHandler $C.proto([1]);
  # Done right after the container is made, alongside its entry point. If it fails, the container is
  # stopped and its restart policy applies.
  preStop @1 :LifecycleHandler $C.proto([2]);
  # Done before the container is stopped on a delete or a failed probe, not when it ends by itself.
  # Takes part of the grace period.
  stopSignal @2 :Text $C.proto([3]) $C.optional
      $C.values(["SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL",
        "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGRTMAX",
        "SIGRTMAX-1", "SIGRTMAX-10", "SIGRTMAX-11", "SIGRTMAX-12", "SIGRTMAX-13", "SIGRTMAX-14", "SIGRTMAX-2",
        "SIGRTMAX-3", "SIGRTMAX-4", "SIGRTMAX-5", "SIGRTMAX-6", "SIGRTMAX-7", "SIGRTMAX-8", "SIGRTMAX-9",
        "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14",
        "SIGRTMIN+15", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5", "SIGRTMIN+6", "SIGRTMIN+7",
        "SIGRTMIN+8", "SIGRTMIN+9", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP",
        "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ"]);
  # The signal that asks the container to stop, such as SIGUSR1. Needs the pod's os.name. Defaults
  # to the image's, or else to the runtime's SIGTERM.
}

struct LifecycleHandler $C.openapi("io.k8s.api.core.v1.LifecycleHandler") {
  # One thing to do. Exactly one field is set.
  exec @0 :ExecAction $C.proto([1]);
  # Runs a command in the container.
  httpGet @1 :HTTPGetAction $C.proto([2]);
  # Makes an HTTP request.
  tcpSocket @2 :TCPSocketAction $C.proto([3]);
  # Not supported; kept because older clients may send it.
  sleep @3 :SleepAction $C.proto([4]);
  # Waits.
}

struct LinuxContainerUser $C.openapi("io.k8s.api.core.v1.LinuxContainerUser") {
  # A user on Linux, as a process has it when it starts.
  uid @0 :Int64 $C.proto([1]) $C.required;
  # The user's number.
  gid @1 :Int64 $C.proto([2]) $C.required;
  # Number of the primary group.
  supplementalGroups @2 :List(Int64) $C.proto([3]) $C.listType("atomic");
  # Numbers of further groups.
}

struct LoadBalancerIngress $C.openapi("io.k8s.api.core.v1.LoadBalancerIngress") {
  # One place where a load balancer takes in a Service's traffic.
  ip @0 :Text $C.proto([1]);
  # Its address, if it is known by one.
  hostname @1 :Text $C.proto([2]);
  # Its DNS name, if it is known by one.
  ipMode @2 :Text $C.proto([3]) $C.optional;
  # VIP: traffic arrives at the node with this address as its destination; Proxy: with the node's or
  # pod's. May be set only with ip. Defaults to VIP.
  ports @3 :List(PortStatus) $C.proto([4]) $C.listType("atomic");
  # State of its ports, where the load balancer reports it.
}

struct LoadBalancerStatus $C.openapi("io.k8s.api.core.v1.LoadBalancerStatus") {
  # Where a load balancer takes in a Service's traffic.
  ingress @0 :List(LoadBalancerIngress) $C.proto([1]) $C.listType("atomic");
  # The places. Traffic for the Service is to be sent to any of them.
}

struct LocalObjectReference $C.openapi("io.k8s.api.core.v1.LocalObjectReference") $C.mapType("atomic") {
  # Names an object in the same namespace, of a kind that the context gives.
  name @0 :Text $C.proto([1]);
  # The object's name.
}

struct NFSVolumeSource $C.openapi("io.k8s.api.core.v1.NFSVolumeSource") {
  # A directory that an NFS server exports.
  server @0 :Text $C.proto([1]) $C.required;
  # The server's name or address.
  path @1 :Text $C.proto([2]) $C.required;
  # The directory as the server exports it.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
}

struct NamespaceCondition $C.openapi("io.k8s.api.core.v1.NamespaceCondition") {
  # One aspect of a namespace that is being deleted.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect, such as NamespaceDeletionDiscoveryFailure, NamespaceContentRemaining or
  # NamespaceFinalizersRemaining.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([4]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([5]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([6]);
  # Why the condition is as it is, in a sentence meant for people.
}

struct NamespaceSpec $C.openapi("io.k8s.api.core.v1.NamespaceSpec") {
  # How a namespace behaves.
  finalizers @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # Who must finish before the namespace may go. Set through the finalize subresource; kubernetes
  # stands for the removal of all content.
}

struct NamespaceStatus $C.openapi("io.k8s.api.core.v1.NamespaceStatus") {
  # The observed state of a namespace.
  phase @0 :Text $C.proto([1]) $C.values(["Active", "Terminating"]);
  # Active, or Terminating while it is being emptied; nothing new may be created then.
  conditions @1 :List(NamespaceCondition) $C.proto([2]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # What stands in the way of the deletion, one for each type.
}

struct NodeAddress $C.openapi("io.k8s.api.core.v1.NodeAddress") {
  # A name or address of a node.
  type @0 :Text $C.proto([1]) $C.required;
  # What it is: Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.
  address @1 :Text $C.proto([2]) $C.required;
  # The name or address.
}

struct NodeAffinity $C.openapi("io.k8s.api.core.v1.NodeAffinity") {
  # Which nodes a pod must or would rather be on.
  requiredDuringSchedulingIgnoredDuringExecution @0 :NodeSelector $C.proto([1]);
  # Nodes that are acceptable at all. A running pod stays even if its node no longer fits.
  preferredDuringSchedulingIgnoredDuringExecution @1 :List(PreferredSchedulingTerm) $C.proto([2]) $C.listType("atomic");
  # Nodes that are preferred. For each acceptable node the weights of all terms it fits are added,
  # and a higher sum is better.
}

struct NodeAllocatableResourceClaimStatus $C.openapi("io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus") {
  # How much of a node's ordinary resources a claim has taken up for a pod.
  resourceClaimName @0 :Text $C.proto([1]) $C.required;
  # Name of the ResourceClaim.
  containers @1 :List(Text) $C.proto([2]) $C.listType("set");
  # Containers of the pod that use the claim.
  mapping @2 :List(NodeAllocatableMappedResources) $C.proto([4]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # How much the claim has taken up through devices that stand for an ordinary resource.
  overhead @3 :List(NodeAllocatableOverheadResources) $C.proto([5]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # How much the devices of the claim cost beside what they are.
}

struct NodeAllocatableMappedResources $C.openapi("io.k8s.api.core.v1.NodeAllocatableMappedResources") {
  # An ordinary resource of the node that a claim has taken up by its devices.
  name @0 :Text $C.proto([1]) $C.required;
  # The resource, such as cpu or memory.
  quantity @1 :Text $C.proto([2]) $C.format("quantity") $C.required;
  # How much of it, for all containers that use the claim together.
}

struct NodeAllocatableOverheadResources $C.openapi("io.k8s.api.core.v1.NodeAllocatableOverheadResources") {
  # What a claim's devices cost of an ordinary resource. At least one of the two amounts is given.
  name @0 :Text $C.proto([1]) $C.required;
  # The resource, such as cpu or memory.
  perPod @1 :Text $C.proto([2]) $C.format("quantity");
  # The cost once for the pod.
  perContainer @2 :Text $C.proto([3]) $C.format("quantity");
  # The cost for each container that uses the claim.
}

struct NodePodPreemptionPolicy $C.openapi("io.k8s.api.core.v1.NodePodPreemptionPolicy") {
  # What may happen to pods of a node so that others of its pods can grow.
  disableResizePreemption @0 :List(Text) $C.proto([1]) $C.listType("set");
  # Who has asked that no pod is preempted for the growth of another. Not empty forbids it. At most 20 names, each in
  # the form of a label key.
}

struct EvictionResponder $C.openapi("io.k8s.api.core.v1.EvictionResponder") $C.mapType("atomic") {
  # Somebody who answers when a pod's eviction is requested.
  name @0 :Text $C.proto([1]) $C.required;
  # Who, as a key with a domain: acme.io/mover.
  priority @1 :Meta.Int32Value $C.proto([2]) $C.required;
  # From 0 to 100000; higher ones are asked first. The controller that manages the pod takes 10000.
}

struct PodVolumeHealth $C.openapi("io.k8s.api.core.v1.PodVolumeHealth") {
  # What is wrong with a volume of a pod.
  name @0 :Text $C.proto([1]) $C.required;
  # Name of the volume in the pod's spec.
  healthConditions @1 :List(VolumeHealthCondition) $C.proto([2]) $C.listType("map") $C.mapKeys(["status", "reason"]) $C.patchStrategy("merge") $C.patchMergeKey("status");
  # What has been found; at most 16.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When the present conditions were first seen.
}

struct VolumeHealthCondition $C.openapi("io.k8s.api.core.v1.VolumeHealthCondition") {
  # One thing that is wrong with a volume. status and reason together tell it from others.
  status @0 :Text $C.proto([1]) $C.required $C.values(["DataLoss", "Degraded", "Inaccessible"]);
  # Inaccessible, DataLoss or Degraded.
  reason @1 :Text $C.proto([2]) $C.required;
  # Why, in one CamelCase word of at most 256 bytes.
  message @2 :Text $C.proto([3]);
  # What a person needs to know, in at most 1024 bytes.
}

struct NodeCondition $C.openapi("io.k8s.api.core.v1.NodeCondition") {
  # One aspect of a node's state.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect, such as Ready, MemoryPressure, DiskPressure, PIDPressure or NetworkUnavailable.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown. A node that is no longer heard from becomes
  # Unknown.
  lastHeartbeatTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When the condition was last reported.
  lastTransitionTime @3 :Text $C.proto([4]) $C.format("date-time");
  # When status last went from one value to another.
  reason @4 :Text $C.proto([5]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @5 :Text $C.proto([6]);
  # Why the condition is as it is, in a sentence meant for people.
}

struct NodeConfigSource $C.openapi("io.k8s.api.core.v1.NodeConfigSource") {
  # Deprecated and without effect. Where a node once took its configuration from.
  configMap @0 :ConfigMapNodeConfigSource $C.proto([2]);
  # A ConfigMap with the configuration.
}

struct NodeConfigStatus $C.openapi("io.k8s.api.core.v1.NodeConfigStatus") {
  # Deprecated and without effect. Which configuration a node once used.
  assigned @0 :NodeConfigSource $C.proto([1]);
  # The configuration the node was to use.
  active @1 :NodeConfigSource $C.proto([2]);
  # The configuration the node used.
  lastKnownGood @2 :NodeConfigSource $C.proto([3]);
  # The configuration the node went back to if the assigned one failed.
  error @3 :Text $C.proto([4]);
  # Why the assigned configuration could not be used.
}

struct NodeDaemonEndpoints $C.openapi("io.k8s.api.core.v1.NodeDaemonEndpoints") {
  # Where the services of a node listen.
  kubeletEndpoint @0 :DaemonEndpoint $C.proto([1]) $C.always;
  # Where the node's agent serves its API: logs, exec, statistics.
}

struct NodeFeatures $C.openapi("io.k8s.api.core.v1.NodeFeatures") {
  # What a node's container runtime can do, whatever the runtime handler.
  supplementalGroupsPolicy @0 :Meta.BoolValue $C.proto([1]);
  # Whether the runtime supports supplementalGroupsPolicy and the user in a container's status.
}

struct NodeRuntimeHandler $C.openapi("io.k8s.api.core.v1.NodeRuntimeHandler") {
  # A handler of the container runtime, which a RuntimeClass can choose.
  name @0 :Text $C.proto([1]) $C.always;
  # The handler's name. Empty is the default handler.
  features @1 :NodeRuntimeHandlerFeatures $C.proto([2]);
  # What the handler can do.
}

struct NodeRuntimeHandlerFeatures $C.openapi("io.k8s.api.core.v1.NodeRuntimeHandlerFeatures") {
  # What a runtime handler can do.
  recursiveReadOnlyMounts @0 :Meta.BoolValue $C.proto([1]);
  # Whether it can make mounts below a read-only mount read-only too.
  userNamespaces @1 :Meta.BoolValue $C.proto([2]);
  # Whether it can run pods in user namespaces of their own.
}

struct NodeSelector $C.openapi("io.k8s.api.core.v1.NodeSelector") $C.mapType("atomic") {
  # Chooses nodes. A node fits if any of the terms fits.
  nodeSelectorTerms @0 :List(NodeSelectorTerm) $C.proto([1]) $C.required $C.listType("atomic");
  # The terms; at least one.
}

struct NodeSelectorRequirement $C.openapi("io.k8s.api.core.v1.NodeSelectorRequirement") {
  # A requirement on a label or field of a node.
  key @0 :Text $C.proto([1]) $C.required;
  # The label's key or the field's path.
  operator @1 :Text $C.proto([2]) $C.required $C.values(["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"]);
  # How its value relates to values: In, NotIn, Exists, DoesNotExist, or Gt and Lt, which compare
  # integers.
  values @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # The values to compare with: at least one for In and NotIn, none for Exists and DoesNotExist,
  # exactly one integer for Gt and Lt.
}

struct NodeSelectorTerm $C.openapi("io.k8s.api.core.v1.NodeSelectorTerm") $C.mapType("atomic") {
  # Requirements on a node, all of which must hold. A term without any fits no node.
  matchExpressions @0 :List(NodeSelectorRequirement) $C.proto([1]) $C.listType("atomic");
  # Requirements on the node's labels.
  matchFields @1 :List(NodeSelectorRequirement) $C.proto([2]) $C.listType("atomic");
  # Requirements on the node's fields; only metadata.name is known.
}

struct NodeSpec $C.openapi("io.k8s.api.core.v1.NodeSpec") {
  # The desired state of a node.
  podCIDR @0 :Text $C.proto([1]);
  # The range from which pods on the node get addresses. Once set it cannot change.
  externalID @1 :Text $C.proto([2]);
  # Deprecated and not used.
  providerID @2 :Text $C.proto([3]);
  # Who the node is to its cloud, in the form <provider>://<id>. Once set it cannot change.
  unschedulable @3 :Bool $C.proto([4]);
  # True keeps new pods off the node; those already there stay. Defaults to false.
  taints @4 :List(Taint) $C.proto([5]) $C.listType("atomic");
  # What keeps pods away that do not tolerate it.
  configSource @5 :NodeConfigSource $C.proto([6]);
  # Deprecated and without effect.
  podCIDRs @6 :List(Text) $C.proto([7]) $C.listType("set") $C.patchStrategy("merge");
  # The ranges for pod addresses, at most one of each IP family. The first equals podCIDR. Once set
  # they cannot change.
  podPreemptionPolicy @7 :NodePodPreemptionPolicy $C.proto([8]);
  # Whether pods of the node may be preempted to let others grow in place. Alpha.
}

struct NodeStatus $C.openapi("io.k8s.api.core.v1.NodeStatus") {
  # The observed state of a node.
  capacity @0 :List(Meta.TextEntry) $C.proto([1]) $C.format("quantity");
  # All the resources that the node has.
  allocatable @1 :List(Meta.TextEntry) $C.proto([2]) $C.format("quantity");
  # The resources that pods may use: capacity less what is reserved for the system. Defaults to
  # capacity.
  phase @2 :Text $C.proto([3]) $C.values(["Pending", "Running", "Terminated"]);
  # Deprecated and not used.
  conditions @3 :List(NodeCondition) $C.proto([4]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The node's conditions, one for each type.
  addresses @4 :List(NodeAddress) $C.proto([5]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The node's names and addresses. A type may occur more than once; the first of a type is the main
  # one.
  daemonEndpoints @5 :NodeDaemonEndpoints $C.proto([6]) $C.always;
  # Where the node's services listen.
  nodeInfo @6 :NodeSystemInfo $C.proto([7]) $C.always;
  # Versions and identities of the node's machine and software.
  images @7 :List(ContainerImage) $C.proto([8]) $C.listType("atomic");
  # Images on the node, the largest first; the list may be cut short.
  volumesInUse @8 :List(Text) $C.proto([9]) $C.listType("atomic");
  # Attachable volumes that pods on the node use. They must not be detached.
  volumesAttached @9 :List(AttachedVolume) $C.proto([10]) $C.listType("atomic");
  # Volumes attached to the node.
  config @10 :NodeConfigStatus $C.proto([11]);
  # Deprecated and without effect.
  runtimeHandlers @11 :List(NodeRuntimeHandler) $C.proto([12]) $C.listType("atomic");
  # Handlers of the container runtime that can be chosen here.
  features @12 :NodeFeatures $C.proto([13]);
  # What the container runtime can do.
  declaredFeatures @13 :List(Text) $C.proto([14]) $C.listType("atomic");
  # Features that the node says it has, so that schedulers can keep pods that need others away.
  # Sorted.
}

struct NodeSwapStatus $C.openapi("io.k8s.api.core.v1.NodeSwapStatus") {
  # A node's swap space.
  capacity @0 :Meta.Int64Value $C.proto([1]);
  # Its size in bytes. Absent when not known.
}

struct NodeSystemInfo $C.openapi("io.k8s.api.core.v1.NodeSystemInfo") {
  # Versions and identities of a node's machine and software.
  machineID @0 :Text $C.proto([1]) $C.required;
  # The machine's id, from /etc/machine-id where there is one.
  systemUUID @1 :Text $C.proto([2]) $C.required;
  # The machine's id in its firmware.
  bootID @2 :Text $C.proto([3]) $C.required;
  # The id of the present boot; changes when the machine restarts.
  kernelVersion @3 :Text $C.proto([4]) $C.required;
  # Version of the kernel, as uname -r prints it.
  osImage @4 :Text $C.proto([5]) $C.required;
  # The operating system's name and version, from /etc/os-release.
  containerRuntimeVersion @5 :Text $C.proto([6]) $C.required;
  # The container runtime and its version, in the form <runtime>://<version>.
  kubeletVersion @6 :Text $C.proto([7]) $C.required;
  # Version of the node's agent.
  kubeProxyVersion @7 :Text $C.proto([8]) $C.required;
  # Deprecated. Once the version of the node's service proxy.
  operatingSystem @8 :Text $C.proto([9]) $C.required;
  # The kind of operating system, such as linux.
  architecture @9 :Text $C.proto([10]) $C.required;
  # The processor's architecture, such as amd64 or arm64.
  swap @10 :NodeSwapStatus $C.proto([11]);
  # The node's swap space.
  runningInUserNamespace @11 :Meta.BoolValue $C.proto([12]);
  # True if the node's agent runs in a user namespace.
}

struct ObjectFieldSelector $C.openapi("io.k8s.api.core.v1.ObjectFieldSelector") $C.mapType("atomic") {
  # A field of the pod itself.
  apiVersion @0 :Text $C.proto([1]);
  # API version in which fieldPath is expressed. Defaults to v1.
  fieldPath @1 :Text $C.proto([2]) $C.required;
  # Path of the field, such as metadata.name or metadata.labels['app'].
}

struct ObjectReference $C.openapi("io.k8s.api.core.v1.ObjectReference") $C.mapType("atomic") {
  # Points at an object, or at a part of one. Which fields are needed depends on where it stands;
  # prefer a narrower type in new kinds.
  kind @0 :Text $C.proto([1]);
  # The object's kind.
  namespace @1 :Text $C.proto([2]);
  # The object's namespace; empty for cluster scope.
  name @2 :Text $C.proto([3]);
  # The object's name.
  uid @3 :Text $C.proto([4]);
  # The object's uid. If given, exactly that object is meant.
  apiVersion @4 :Text $C.proto([5]);
  # The object's API group and version.
  resourceVersion @5 :Text $C.proto([6]);
  # The revision of the object that is meant, if it matters.
  fieldPath @6 :Text $C.proto([7]);
  # The part that is meant, as a path such as spec.containers{web}. Empty means the whole object.
}

struct PersistentVolumeClaimSpec $C.openapi("io.k8s.api.core.v1.PersistentVolumeClaimSpec") {
  # What storage is wanted, and which volume provides it.
  accessModes @0 :List(Text) $C.proto([1]) $C.listType("atomic")
      $C.values(["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]);
  # How it is to be mounted: ReadWriteOnce (one node), ReadOnlyMany, ReadWriteMany, or
  # ReadWriteOncePod (one pod).
  resources @1 :VolumeResourceRequirements $C.proto([2]) $C.always;
  # How much storage is wanted. May only grow, if the class allows it.
  volumeName @2 :Text $C.proto([3]);
  # The PersistentVolume that the claim is bound to.
  selector @3 :Meta.LabelSelector $C.proto([4]);
  # Labels that a volume must have to be considered.
  storageClassName @4 :Text $C.proto([5]) $C.optional;
  # The StorageClass that is to provide the volume. Empty text asks for a volume without a class;
  # absent means the default class.
  volumeMode @5 :Text $C.proto([6]) $C.optional $C.values(["Block", "Filesystem"]);
  # Filesystem for a mounted filesystem, Block for a raw device. Defaults to Filesystem.
  dataSource @6 :TypedLocalObjectReference $C.proto([7]);
  # What the volume is filled from: a VolumeSnapshot or another claim in the same namespace. Kept
  # equal to dataSourceRef where that can express the same.
  dataSourceRef @7 :TypedObjectReference $C.proto([8]);
  # What the volume is filled from: any object for which a populator exists. May name another
  # namespace only where a ReferenceGrant allows it.
  volumeAttributesClassName @8 :Text $C.proto([9]) $C.optional;
  # The VolumeAttributesClass whose parameters, such as throughput, apply to the volume. May change
  # while the volume is in use.
}

struct PersistentVolumeClaimTemplate $C.openapi("io.k8s.api.core.v1.PersistentVolumeClaimTemplate") {
  # The claim to make for an ephemeral volume.
  metadata @0 :Meta.ObjectMeta $C.proto([1]) $C.always;
  # Labels and annotations that the claim gets. Nothing else is allowed.
  spec @1 :PersistentVolumeClaimSpec $C.proto([2]) $C.required;
  # The claim's spec, copied as it is.
}

struct PersistentVolumeClaimVolumeSource $C.openapi("io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource") {
  # The volume that a claim is bound to.
  claimName @0 :Text $C.proto([1]) $C.required;
  # Name of the PersistentVolumeClaim, in the pod's namespace.
  readOnly @1 :Bool $C.proto([2]);
  # True makes all mounts of it read-only. Defaults to false.
}

struct PhotonPersistentDiskVolumeSource $C.openapi("io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource") {
  # Deprecated; its support has ended. A disk of a Photon Controller.
  pdID @0 :Text $C.proto([1]) $C.required;
  # The disk's id.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
}

struct PodAffinity $C.openapi("io.k8s.api.core.v1.PodAffinity") {
  # Which pods a pod must or would rather be near.
  requiredDuringSchedulingIgnoredDuringExecution @0 :List(PodAffinityTerm) $C.proto([1]) $C.listType("atomic");
  # Terms that must all hold for a node to be acceptable. A running pod stays even if they no longer
  # hold.
  preferredDuringSchedulingIgnoredDuringExecution @1 :List(WeightedPodAffinityTerm) $C.proto([2]) $C.listType("atomic");
  # Terms that are preferred. For each acceptable node the weights of all terms that hold are added,
  # and a higher sum is better.
}

struct PodAffinityTerm $C.openapi("io.k8s.api.core.v1.PodAffinityTerm") {
  # A set of pods, and what being near them means.
  labelSelector @0 :Meta.LabelSelector $C.proto([1]);
  # The pods that are meant. Absent matches none.
  namespaces @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # Namespaces to look in, besides those of namespaceSelector. If both are absent, the pod's own
  # namespace.
  topologyKey @2 :Text $C.proto([3]) $C.required;
  # The node label that defines nearness: nodes with the same value, such as one zone or host, are
  # one place. Must not be empty.
  namespaceSelector @3 :Meta.LabelSelector $C.proto([4]);
  # Namespaces to look in, by label. An empty selector means all namespaces; an absent one adds
  # none.
  matchLabelKeys @4 :List(Text) $C.proto([5]) $C.listType("atomic");
  # Label keys for which the other pods must have the value that this pod has. Keys that this pod
  # lacks are ignored. Cannot name keys in labelSelector or mismatchLabelKeys.
  mismatchLabelKeys @5 :List(Text) $C.proto([6]) $C.listType("atomic");
  # Label keys for which the other pods must have another value than this pod. Keys that this pod
  # lacks are ignored. Cannot name keys in labelSelector or matchLabelKeys.
}

struct PodAntiAffinity $C.openapi("io.k8s.api.core.v1.PodAntiAffinity") {
  # Which pods a pod must or would rather be away from.
  requiredDuringSchedulingIgnoredDuringExecution @0 :List(PodAffinityTerm) $C.proto([1]) $C.listType("atomic");
  # Terms none of which may hold for a node to be acceptable. A running pod stays even if one begins
  # to hold.
  preferredDuringSchedulingIgnoredDuringExecution @1 :List(WeightedPodAffinityTerm) $C.proto([2]) $C.listType("atomic");
  # Terms that should not hold. For each acceptable node the weights of all terms that hold are
  # added, and a lower sum is better.
}

struct PodCertificateProjection $C.openapi("io.k8s.api.core.v1.PodCertificateProjection") {
  # A private key and a certificate for it, which the node obtains from a signer and renews. Key and
  # certificates are PEM.
  signerName @0 :Text $C.proto([1]) $C.required;
  # The signer that issues the certificate.
  keyType @1 :Text $C.proto([2]) $C.required;
  # The key to generate: RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519.
  maxExpirationSeconds @2 :Meta.Int32Value $C.proto([3]);
  # Longest lifetime wanted, in seconds: at least 3600 and at most 7862400 (91 days). Defaults to
  # 86400. The signer may issue a shorter one.
  credentialBundlePath @3 :Text $C.proto([4]);
  # File that gets key and certificates together, replaced as one. Prefer it to the two separate
  # files.
  keyPath @4 :Text $C.proto([5]);
  # File that gets the key alone.
  certificateChainPath @5 :Text $C.proto([6]);
  # File that gets the certificates alone.
  userAnnotations @6 :List(Meta.TextEntry) $C.proto([7]);
  # Further facts for the signer, put into the request as they are. Keys need a domain prefix; which
  # ones mean something is up to the signer.
  user @7 :Meta.Int64Value $C.proto([8]);
  # Uid of the files' owner. When absent, the volume's defaultUser.
}

struct PodCondition $C.openapi("io.k8s.api.core.v1.PodCondition") {
  # One aspect of a pod's state.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect, such as PodScheduled, Initialized, ContainersReady or Ready; or a readiness gate of
  # the pod.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  lastProbeTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When the condition was last checked.
  lastTransitionTime @3 :Text $C.proto([4]) $C.format("date-time");
  # When status last went from one value to another.
  reason @4 :Text $C.proto([5]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @5 :Text $C.proto([6]);
  # Why the condition is as it is, in a sentence meant for people.
  observedGeneration @6 :Int64 $C.proto([7]);
  # The metadata.generation that the condition was computed from. A lower number than the pod's
  # means that it is out of date.
}

struct PodDNSConfig $C.openapi("io.k8s.api.core.v1.PodDNSConfig") {
  # Resolver settings of a pod, added to those that its DNS policy gives.
  nameservers @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # Addresses of name servers, after those of the policy. Duplicates are removed.
  searches @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # Domains in which short names are looked up, after those of the policy. Duplicates are removed.
  options @2 :List(PodDNSConfigOption) $C.proto([3]) $C.listType("atomic");
  # Resolver options. They replace options of the same name from the policy.
}

struct PodDNSConfigOption $C.openapi("io.k8s.api.core.v1.PodDNSConfigOption") {
  # An option of the resolver.
  name @0 :Text $C.proto([1]);
  # The option's name, such as ndots. Must not be empty.
  value @1 :Text $C.proto([2]) $C.optional;
  # The option's value, if it takes one.
}

struct PodExtendedResourceClaimStatus $C.openapi("io.k8s.api.core.v1.PodExtendedResourceClaimStatus") {
  # The claim that was made for extended resources of a pod that devices provide.
  requestMappings @0 :List(ContainerExtendedResourceRequest) $C.proto([1]) $C.required $C.listType("atomic");
  # Which request of the claim serves which resource of which container.
  resourceClaimName @1 :Text $C.proto([2]) $C.required;
  # Name of the ResourceClaim, in the pod's namespace.
}

struct PodIP $C.openapi("io.k8s.api.core.v1.PodIP") {
  # An address of a pod.
  ip @0 :Text $C.proto([1]) $C.required;
  # The address.
}

struct PodOS $C.openapi("io.k8s.api.core.v1.PodOS") {
  # The operating system a pod is for.
  name @0 :Text $C.proto([1]) $C.required;
  # linux or windows.
}

struct PodReadinessGate $C.openapi("io.k8s.api.core.v1.PodReadinessGate") {
  # A condition that must hold for a pod to be ready.
  conditionType @0 :Text $C.proto([1]) $C.required;
  # Type of a condition in the pod's status, which some controller sets.
}

struct PodResourceClaim $C.openapi("io.k8s.api.core.v1.PodResourceClaim") {
  # A claim to devices that containers of a pod use. Exactly one of the two sources is set.
  name @0 :Text $C.proto([1]) $C.required;
  # The name by which containers refer to the claim; a DNS label unique in the pod.
  resourceClaimName @1 :Text $C.proto([3]) $C.optional;
  # Name of a ResourceClaim in the pod's namespace.
  resourceClaimTemplateName @2 :Text $C.proto([4]) $C.optional;
  # Name of a ResourceClaimTemplate in the pod's namespace, from which a claim is made with the pod
  # and deleted with it. Cannot change.
}

struct PodResourceClaimStatus $C.openapi("io.k8s.api.core.v1.PodResourceClaimStatus") {
  # Which claim was made from a template.
  name @0 :Text $C.proto([1]) $C.required;
  # The name of the entry in the spec's resourceClaims.
  resourceClaimName @1 :Text $C.proto([2]) $C.optional;
  # Name of the ResourceClaim that was made. Absent if none was needed.
}

struct PodSchedulingGate $C.openapi("io.k8s.api.core.v1.PodSchedulingGate") {
  # A reason not to schedule a pod yet.
  name @0 :Text $C.proto([1]) $C.required;
  # The gate's name. Whoever set it removes it.
}

struct PodSchedulingGroup $C.openapi("io.k8s.api.core.v1.PodSchedulingGroup") {
  # The group that a pod is scheduled with.
  podGroupName @0 :Text $C.proto([1]) $C.optional;
  # Name of the PodGroup, in the pod's namespace. Must exist before the pod is scheduled.
}

struct PodSecurityContext $C.openapi("io.k8s.api.core.v1.PodSecurityContext") {
  # Privileges of all processes of a pod. Where a container says something of the kind itself, that
  # goes first.
  seLinuxOptions @0 :SELinuxOptions $C.proto([1]);
  # SELinux context of the containers. When absent, the runtime assigns one to each.
  runAsUser @1 :Meta.Int64Value $C.proto([2]);
  # Number of the user that containers run as. Defaults to what the image says.
  runAsNonRoot @2 :Meta.BoolValue $C.proto([3]);
  # True refuses to start containers that would run as root. Defaults to false.
  supplementalGroups @3 :List(Int64) $C.proto([4]) $C.listType("atomic");
  # Further groups of each container's first process, besides fsGroup and, depending on
  # supplementalGroupsPolicy, those of the image.
  fsGroup @4 :Meta.Int64Value $C.proto([5]);
  # Group that owns the pod's volumes where their kind supports it: files belong to it and are
  # group-writable, new ones inherit it. Containers have it as a further group. When absent, volumes
  # stay as they are.
  runAsGroup @5 :Meta.Int64Value $C.proto([6]);
  # Number of the primary group that containers run with. Defaults to what the image or the runtime
  # says.
  sysctls @6 :List(Sysctl) $C.proto([7]) $C.listType("atomic");
  # Kernel settings in the pod's namespaces. Settings the node does not allow keep the pod from
  # starting.
  windowsOptions @7 :WindowsSecurityContextOptions $C.proto([8]);
  # Settings that apply only on Windows.
  fsGroupChangePolicy @8 :Text $C.proto([9]) $C.optional $C.values(["Always", "OnRootMismatch"]);
  # Always fixes ownership of volumes at every start; OnRootMismatch only if the volume's top
  # directory has the wrong one, which is quicker. Defaults to Always.
  seccompProfile @9 :SeccompProfile $C.proto([10]);
  # System calls that containers may make. When absent, the node's default.
  appArmorProfile @10 :AppArmorProfile $C.proto([11]);
  # AppArmor profile of the containers.
  supplementalGroupsPolicy @11 :Text $C.proto([12]) $C.optional $C.values(["Merge", "Strict"]);
  # Merge adds groups that the image's /etc/group gives the user; Strict leaves them out. Defaults
  # to Merge.
  seLinuxChangePolicy @12 :Text $C.proto([13]) $C.optional;
  # How volumes get the pod's SELinux label: MountOption by a mount option, without touching files;
  # Recursive by relabelling each file. Defaults to MountOption where the volume supports it.
}

struct PodSpec $C.openapi("io.k8s.api.core.v1.PodSpec") {
  # What a pod runs, and where.
  volumes @0 :List(Volume) $C.proto([1]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge,retainKeys") $C.patchMergeKey("name");
  # Volumes that containers of the pod can mount.
  containers @1 :List(Container) $C.proto([2]) $C.required $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # The containers that run side by side; at least one. None can be added or removed later.
  restartPolicy @2 :Text $C.proto([3]) $C.values(["Always", "Never", "OnFailure"]);
  # When to restart containers that end: Always, OnFailure or Never. Defaults to Always. A container
  # may have a policy of its own.
  terminationGracePeriodSeconds @3 :Meta.Int64Value $C.proto([4]);
  # Seconds from the request to stop until processes are killed. 0 kills at once. Defaults to 30.
  activeDeadlineSeconds @4 :Meta.Int64Value $C.proto([5]);
  # Seconds after its start at which the pod is failed and its containers are stopped. Must be
  # positive; absent means no limit.
  dnsPolicy @5 :Text $C.proto([6]) $C.values(["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]);
  # ClusterFirst asks the cluster's DNS, ClusterFirstWithHostNet does so even with hostNetwork,
  # Default takes the node's settings, None only dnsConfig. Defaults to ClusterFirst.
  nodeSelector @6 :List(Meta.TextEntry) $C.proto([7]) $C.mapType("atomic");
  # Labels that a node must have, with these values.
  serviceAccountName @7 :Text $C.proto([8]);
  # The ServiceAccount the pod runs as. Defaults to default.
  serviceAccount @8 :Text $C.proto([9]);
  # Deprecated, use serviceAccountName. Kept equal to it.
  nodeName @9 :Text $C.proto([10]);
  # The node the pod is on. Set by the scheduler; a pod created with it goes past the scheduler.
  hostNetwork @10 :Bool $C.proto([11]);
  # True puts the pod into the node's network. Defaults to false.
  hostPID @11 :Bool $C.proto([12]);
  # True lets the pod see the node's processes. Defaults to false.
  hostIPC @12 :Bool $C.proto([13]);
  # True lets the pod use the node's interprocess communication. Defaults to false.
  securityContext @13 :PodSecurityContext $C.proto([14]);
  # Privileges that all containers share.
  imagePullSecrets @14 :List(LocalObjectReference) $C.proto([15]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Secrets in the pod's namespace with credentials for pulling the pod's images.
  hostname @15 :Text $C.proto([16]);
  # The pod's host name, a DNS label. Defaults to the pod's name.
  subdomain @16 :Text $C.proto([17]);
  # Makes the pod's full name <hostname>.<subdomain>.<namespace>.svc.<cluster domain>. It is in DNS
  # if a headless Service of the subdomain's name exists.
  affinity @17 :Affinity $C.proto([18]);
  # Where the pod wants to be scheduled.
  schedulerName @18 :Text $C.proto([19]);
  # The scheduler to place the pod. Defaults to default-scheduler.
  initContainers @19 :List(Container) $C.proto([20]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Containers that run one after another, each to success, before the others start. One with
  # restartPolicy Always is a sidecar: it keeps running, and the next starts once it is up.
  automountServiceAccountToken @20 :Meta.BoolValue $C.proto([21]);
  # Whether a token of the service account is mounted. When absent, the ServiceAccount decides.
  tolerations @21 :List(Toleration) $C.proto([22]) $C.listType("atomic");
  # Taints that do not keep the pod from a node. They may be added to, never taken from.
  hostAliases @22 :List(HostAlias) $C.proto([23]) $C.listType("map") $C.mapKeys(["ip"]) $C.patchStrategy("merge") $C.patchMergeKey("ip");
  # Further lines for the pod's hosts file.
  priorityClassName @23 :Text $C.proto([24]);
  # The PriorityClass that gives the pod its priority. system-node-critical and
  # system-cluster-critical are the highest. Without one, the default class applies, or priority 0.
  priority @24 :Meta.Int32Value $C.proto([25]);
  # The pod's priority; higher is more important. Computed from priorityClassName at creation.
  dnsConfig @25 :PodDNSConfig $C.proto([26]);
  # Resolver settings added to those of dnsPolicy.
  shareProcessNamespace @26 :Meta.BoolValue $C.proto([27]);
  # True lets the containers see each other's processes. Cannot be combined with hostPID. Defaults
  # to false.
  readinessGates @27 :List(PodReadinessGate) $C.proto([28]) $C.listType("atomic");
  # Further conditions that must be True for the pod to be ready.
  runtimeClassName @28 :Text $C.proto([29]) $C.optional;
  # The RuntimeClass to run the pod with. A name that does not exist keeps it from running. Absent
  # means the default runtime.
  enableServiceLinks @29 :Meta.BoolValue $C.proto([30]);
  # Whether Services of the namespace show up as environment variables. Defaults to true.
  preemptionPolicy @30 :Text $C.proto([31]) $C.optional $C.values(["Never", "PreemptLowerPriority"]);
  # PreemptLowerPriority lets the pod push out less important ones; Never makes it wait. Defaults to
  # PreemptLowerPriority.
  overhead @31 :List(Meta.TextEntry) $C.proto([32]) $C.format("quantity");
  # What running the pod costs beyond its containers. Taken from the RuntimeClass at creation and
  # not to be set otherwise.
  topologySpreadConstraints @32 :List(TopologySpreadConstraint) $C.proto([33]) $C.listType("map") $C.mapKeys(["topologyKey", "whenUnsatisfiable"]) $C.patchStrategy("merge") $C.patchMergeKey("topologyKey");
  # How pods like this one are to be spread over zones, nodes and so on. A node must keep to every
  # one that says DoNotSchedule.
  ephemeralContainers @33 :List(EphemeralContainer) $C.proto([34]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Containers added to look into the running pod. Not allowed at creation; added through the
  # ephemeralcontainers subresource.
  setHostnameAsFQDN @34 :Meta.BoolValue $C.proto([35]);
  # True makes the full DNS name the host name in the kernel, where it may have at most 64
  # characters. Defaults to false.
  os @35 :PodOS $C.proto([36]);
  # The operating system that the pod is for. With it set, fields for other systems must be absent.
  hostUsers @36 :Meta.BoolValue $C.proto([37]);
  # False runs the pod in a user namespace of its own, in which root is not the node's root.
  # Defaults to true.
  schedulingGates @37 :List(PodSchedulingGate) $C.proto([38]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Reasons not to schedule the pod yet. Set only at creation; then they can only be removed.
  resourceClaims @38 :List(PodResourceClaim) $C.proto([39]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge,retainKeys") $C.patchMergeKey("name");
  # Claims to devices that must be met before the pod starts. Containers refer to them by name.
  # Cannot change.
  resources @39 :ResourceRequirements $C.proto([40]);
  # How much CPU, memory and huge pages all containers together need and may use. Claims are not
  # allowed here.
  hostnameOverride @40 :Text $C.proto([41]) $C.optional;
  # The host name inside the pod, whatever hostname and subdomain say: a DNS name of at most 64
  # characters. DNS records do not change. Excludes setHostnameAsFQDN and hostNetwork.
  schedulingGroup @41 :PodSchedulingGroup $C.proto([43]);
  # The group of pods that this one is scheduled with. Cannot change.
  evictionResponders @42 :List(EvictionResponder) $C.proto([44]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # Who is asked to move the pod's work away when its eviction is requested; at most 10. Excludes
  # schedulingGroup and cannot change. Alpha.
}

struct PodStatus $C.openapi("io.k8s.api.core.v1.PodStatus") {
  # The observed state of a pod.
  phase @0 :Text $C.proto([1]) $C.values(["Failed", "Pending", "Running", "Succeeded", "Unknown"]);
  # Where the pod is in its life: Pending, Running, Succeeded, Failed or Unknown.
  conditions @1 :List(PodCondition) $C.proto([2]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The pod's conditions, one for each type.
  message @2 :Text $C.proto([3]);
  # Why the pod is in this state, in a sentence meant for people.
  reason @3 :Text $C.proto([4]);
  # Why the pod is in this state, in one CamelCase word meant for programs, such as Evicted.
  hostIP @4 :Text $C.proto([5]);
  # Main address of the node. Empty until the pod is on one.
  podIP @5 :Text $C.proto([6]);
  # The pod's main address. Empty until it has one.
  startTime @6 :Text $C.proto([7]) $C.format("date-time");
  # When the node took the pod up, before pulling images.
  containerStatuses @7 :List(ContainerStatus) $C.proto([8]) $C.listType("atomic");
  # What is known of each container.
  qosClass @8 :Text $C.proto([9]) $C.values(["BestEffort", "Burstable", "Guaranteed"]);
  # Guaranteed, Burstable or BestEffort, from requests and limits. Decides who suffers first when
  # memory runs short.
  initContainerStatuses @9 :List(ContainerStatus) $C.proto([10]) $C.listType("atomic");
  # What is known of each init container, in order of the spec.
  nominatedNodeName @10 :Text $C.proto([11]);
  # The node on which room is being made for the pod, or which a scheduler intends for it. It may
  # still end up elsewhere.
  podIPs @11 :List(PodIP) $C.proto([12]) $C.listType("map") $C.mapKeys(["ip"]) $C.patchStrategy("merge") $C.patchMergeKey("ip");
  # The pod's addresses, at most one of each IP family. The first equals podIP.
  ephemeralContainerStatuses @12 :List(ContainerStatus) $C.proto([13]) $C.listType("atomic");
  # What is known of each ephemeral container.
  resize @13 :Text $C.proto([14]);
  # Deprecated; see the conditions PodResizePending and PodResizeInProgress. How far a resize is.
  resourceClaimStatuses @14 :List(PodResourceClaimStatus) $C.proto([15]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge,retainKeys") $C.patchMergeKey("name");
  # Which claims were made for the pod from templates.
  hostIPs @15 :List(HostIP) $C.proto([16]) $C.listType("atomic") $C.patchStrategy("merge") $C.patchMergeKey("ip");
  # Addresses of the node. The first equals hostIP.
  observedGeneration @16 :Int64 $C.proto([17]);
  # The metadata.generation of the pod that this status reflects.
  extendedResourceClaimStatus @17 :PodExtendedResourceClaimStatus $C.proto([18]);
  # The claim made for extended resources that devices provide.
  allocatedResources @18 :List(Meta.TextEntry) $C.proto([19]) $C.format("quantity");
  # How much the node has set aside for the pod as a whole, where the pod has resources of its own.
  resources @19 :ResourceRequirements $C.proto([20]);
  # Requests and limits in force for the pod as a whole, where it has resources of its own.
  nodeAllocatableResourceClaimStatuses @20 :List(NodeAllocatableResourceClaimStatus) $C.proto([21]) $C.listType("map") $C.mapKeys(["resourceClaimName"]) $C.patchStrategy("merge") $C.patchMergeKey("resourceClaimName");
  # How much of the node's ordinary resources the pod's claims have taken up.
  volumeHealth @21 :List(PodVolumeHealth) $C.proto([22]) $C.listType("map") $C.mapKeys(["name"]);
  # What the node has found wrong with volumes of the pod. Alpha.
}

struct PodTemplateSpec $C.openapi("io.k8s.api.core.v1.PodTemplateSpec") {
  # The pod that a controller makes copies of.
  metadata @0 :Meta.ObjectMeta $C.proto([1]) $C.always;
  # Labels and annotations that the pods get. The name is the controller's to choose.
  spec @1 :PodSpec $C.proto([2]) $C.always;
  # What the pods run.
}

struct PortStatus $C.openapi("io.k8s.api.core.v1.PortStatus") {
  # State of a port of a load balancer.
  port @0 :Int32 $C.proto([1]) $C.required;
  # The port number.
  protocol @1 :Text $C.proto([2]) $C.required $C.values(["SCTP", "TCP", "UDP"]);
  # TCP, UDP or SCTP.
  error @2 :Text $C.proto([3]) $C.optional;
  # Why the port does not work, in one CamelCase word, with a domain prefix if it is the provider's
  # own. Absent when it works.
}

struct PortworxVolumeSource $C.openapi("io.k8s.api.core.v1.PortworxVolumeSource") {
  # Deprecated, use the CSI driver pxd.portworx.com. A Portworx volume.
  volumeID @0 :Text $C.proto([1]) $C.required;
  # The volume's id.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
}

struct PreferredSchedulingTerm $C.openapi("io.k8s.api.core.v1.PreferredSchedulingTerm") {
  # A preference for certain nodes.
  weight @0 :Int32 $C.proto([1]) $C.required;
  # How much the preference counts, from 1 to 100.
  preference @1 :NodeSelectorTerm $C.proto([2]) $C.required;
  # The nodes preferred. An empty term matches none.
}

struct Probe $C.openapi("io.k8s.api.core.v1.Probe") {
  # A check that is made of a container again and again. Exactly one of exec, httpGet, tcpSocket and
  # grpc is set.
  exec @0 :ExecAction $C.proto([1, 1]);
  # Runs a command in the container; exit code 0 is success.
  httpGet @1 :HTTPGetAction $C.proto([1, 2]);
  # Makes an HTTP request; a status from 200 to 399 is success.
  tcpSocket @2 :TCPSocketAction $C.proto([1, 3]);
  # Opens a TCP connection; success if it can be opened.
  grpc @3 :GRPCAction $C.proto([1, 4]);
  # Calls the gRPC health checking protocol; success if it answers SERVING.
  initialDelaySeconds @4 :Int32 $C.proto([2]);
  # Seconds from the container's start to the first check. Defaults to 0.
  timeoutSeconds @5 :Int32 $C.proto([3]);
  # Seconds a check may take; longer is a failure. Defaults to 1, which is also the least.
  periodSeconds @6 :Int32 $C.proto([4]);
  # Seconds from one check to the next. Defaults to 10; the least is 1.
  successThreshold @7 :Int32 $C.proto([5]);
  # How many successes in a row end a failed state. Defaults to 1, and must be 1 for liveness and
  # startup probes.
  failureThreshold @8 :Int32 $C.proto([6]);
  # How many failures in a row make the probe fail. Defaults to 3; the least is 1.
  terminationGracePeriodSeconds @9 :Meta.Int64Value $C.proto([7]);
  # Seconds that the container is given to stop after this probe failed, instead of the pod's grace
  # period. Must be at least 1; not allowed for readiness probes.
}

struct ProjectedVolumeSource $C.openapi("io.k8s.api.core.v1.ProjectedVolumeSource") {
  # One directory with files from several sources.
  sources @0 :List(VolumeProjection) $C.proto([1]) $C.always $C.listType("atomic");
  # The sources. Each has exactly one of its fields set.
  defaultMode @1 :Meta.Int32Value $C.proto([2]);
  # Permission bits of files for which none are given, from 0 to 0777 octal (511 decimal; JSON has
  # only decimal). Defaults to 0644. The pod's fsGroup may add bits.
  defaultUser @2 :Meta.Int64Value $C.proto([3]);
  # Uid of the owner of files for which none is given. Alpha.
}

struct QuobyteVolumeSource $C.openapi("io.k8s.api.core.v1.QuobyteVolumeSource") {
  # Deprecated; its support has ended. A mount of a Quobyte volume.
  registry @0 :Text $C.proto([1]) $C.required;
  # Addresses of the Quobyte registries, as host:port, separated by commas.
  volume @1 :Text $C.proto([2]) $C.required;
  # Name of the volume.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
  user @3 :Text $C.proto([4]);
  # User that accesses are made as. Defaults to the service account's user.
  group @4 :Text $C.proto([5]);
  # Group that accesses are made as. Defaults to none.
  tenant @5 :Text $C.proto([6]);
  # Tenant that owns the volume, for volumes provisioned dynamically.
}

struct RBDVolumeSource $C.openapi("io.k8s.api.core.v1.RBDVolumeSource") {
  # Deprecated; its support has ended in favour of CSI drivers. A block device of Ceph.
  monitors @0 :List(Text) $C.proto([1]) $C.required $C.listType("atomic");
  # Addresses of the Ceph monitors.
  image @1 :Text $C.proto([2]) $C.required;
  # Name of the image.
  fsType @2 :Text $C.proto([3]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  pool @3 :Text $C.proto([4]);
  # The pool it is in. Defaults to rbd.
  user @4 :Text $C.proto([5]);
  # The Ceph user. Defaults to admin.
  keyring @5 :Text $C.proto([6]);
  # Path of the user's keyring on the node. Defaults to /etc/ceph/keyring.
  secretRef @6 :LocalObjectReference $C.proto([7]);
  # Secret that holds the user's key. Goes before keyring.
  readOnly @7 :Bool $C.proto([8]);
  # True mounts the volume read-only. Defaults to false.
}

struct ResourceClaim $C.openapi("io.k8s.api.core.v1.ResourceClaim") {
  # A claim of the pod that a container uses.
  name @0 :Text $C.proto([1]) $C.required;
  # The name of the entry in the pod's resourceClaims.
  request @1 :Text $C.proto([2]);
  # Name of a single request in the claim to make available. Empty means all of them.
}

struct ResourceFieldSelector $C.openapi("io.k8s.api.core.v1.ResourceFieldSelector") $C.mapType("atomic") {
  # A request or limit of a container.
  containerName @0 :Text $C.proto([1]);
  # The container. May be empty in environment variables, where it is the container itself; needed
  # in volumes.
  resource @1 :Text $C.proto([2]) $C.required;
  # What to take, such as limits.cpu, requests.memory or limits.ephemeral-storage.
  divisor @2 :Text $C.proto([3]) $C.format("quantity");
  # The unit to give it in, such as 1Mi or 1m; the result is rounded up. Defaults to 1.
}

struct ResourceHealth $C.openapi("io.k8s.api.core.v1.ResourceHealth") {
  # Health of one device.
  resourceID @0 :Text $C.proto([1]) $C.required;
  # The device's id, unique together with the resource's name.
  health @1 :Text $C.proto([2]);
  # Healthy, Unhealthy or Unknown.
  message @2 :Text $C.proto([6]) $C.optional;
  # More about the health, in a sentence meant for people. May be absent.
}

struct ResourceRequirements $C.openapi("io.k8s.api.core.v1.ResourceRequirements") {
  # How much of each resource is needed and may be used.
  limits @0 :List(Meta.TextEntry) $C.proto([1]) $C.format("quantity");
  # The most that may be used. More memory than this ends the container; more CPU slows it down.
  requests @1 :List(Meta.TextEntry) $C.proto([2]) $C.format("quantity");
  # What is set aside; the scheduler counts it. Defaults to limits where these are given. Must not
  # exceed limits.
  claims @2 :List(ResourceClaim) $C.proto([3]) $C.listType("map") $C.mapKeys(["name"]);
  # Entries of the pod's resourceClaims that the container uses. Cannot change.
}

struct ResourceStatus $C.openapi("io.k8s.api.core.v1.ResourceStatus") {
  # Health of the devices behind one resource of a container.
  name @0 :Text $C.proto([1]) $C.required;
  # The resource's name; for a claim, claim:<claim>/<request>, or claim:<claim> if the container
  # uses all its requests.
  resources @1 :List(ResourceHealth) $C.proto([2]) $C.listType("map") $C.mapKeys(["resourceID"]);
  # Health of each device.
}

struct SELinuxOptions $C.openapi("io.k8s.api.core.v1.SELinuxOptions") {
  # Parts of an SELinux context.
  user @0 :Text $C.proto([1]);
  # The user part.
  role @1 :Text $C.proto([2]);
  # The role part.
  type @2 :Text $C.proto([3]);
  # The type part.
  level @3 :Text $C.proto([4]);
  # The level part.
}

struct ScaleIOVolumeSource $C.openapi("io.k8s.api.core.v1.ScaleIOVolumeSource") {
  # Deprecated; its support has ended. A ScaleIO volume.
  gateway @0 :Text $C.proto([1]) $C.required;
  # Address of the ScaleIO gateway.
  system @1 :Text $C.proto([2]) $C.required;
  # Name of the storage system.
  secretRef @2 :LocalObjectReference $C.proto([3]) $C.required;
  # Secret with the user's credentials. Needed to log in.
  sslEnabled @3 :Bool $C.proto([4]);
  # Whether to talk to the gateway by TLS. Defaults to false.
  protectionDomain @4 :Text $C.proto([5]);
  # Name of the protection domain.
  storagePool @5 :Text $C.proto([6]);
  # The storage pool of the domain.
  storageMode @6 :Text $C.proto([7]);
  # ThickProvisioned or ThinProvisioned. Defaults to ThinProvisioned.
  volumeName @7 :Text $C.proto([8]);
  # Name of a volume that exists already.
  fsType @8 :Text $C.proto([9]);
  # Filesystem to mount, such as ext4 or xfs. Defaults to xfs.
  readOnly @9 :Bool $C.proto([10]);
  # True mounts the volume read-only. Defaults to false.
}

struct SeccompProfile $C.openapi("io.k8s.api.core.v1.SeccompProfile") {
  # Which system calls a process may make.
  type @0 :Text $C.proto([1]) $C.required $C.values(["Localhost", "RuntimeDefault", "Unconfined"]);
  # RuntimeDefault is the container runtime's profile, Localhost a file on the node, Unconfined
  # none.
  localhostProfile @1 :Text $C.proto([2]) $C.optional;
  # Path of the profile below the node agent's seccomp directory. Must be set with type Localhost
  # and only then.
}

struct SecretEnvSource $C.openapi("io.k8s.api.core.v1.SecretEnvSource") {
  # A Secret all of whose entries become environment variables.
  name @0 :Text $C.proto([1, 1]);
  # Name of the Secret, in the pod's namespace.
  optional @1 :Meta.BoolValue $C.proto([2]);
  # True lets a missing Secret pass. Defaults to false: it must exist.
}

struct SecretKeySelector $C.openapi("io.k8s.api.core.v1.SecretKeySelector") $C.mapType("atomic") {
  # One entry of a Secret.
  name @0 :Text $C.proto([1, 1]);
  # Name of the Secret, in the pod's namespace.
  key @1 :Text $C.proto([2]) $C.required;
  # The entry's key.
  optional @2 :Meta.BoolValue $C.proto([3]);
  # True lets a missing Secret or key pass. Defaults to false: it must exist.
}

struct SecretProjection $C.openapi("io.k8s.api.core.v1.SecretProjection") {
  # Entries of a Secret as files of a projected volume.
  name @0 :Text $C.proto([1, 1]);
  # Name of the Secret, in the pod's namespace.
  items @1 :List(KeyToPath) $C.proto([2]) $C.listType("atomic");
  # Keys to write and the paths to write them to. When empty, every key becomes a file of its name.
  # A listed key that is missing is an error unless optional is true.
  optional @2 :Meta.BoolValue $C.proto([4]);
  # True lets a missing Secret or key pass. Defaults to false: it must exist.
}

struct SecretVolumeSource $C.openapi("io.k8s.api.core.v1.SecretVolumeSource") {
  # Entries of a Secret as files, kept in memory on the node. Changes to the Secret reach the files
  # after a short while, except for mounts with a subPath.
  secretName @0 :Text $C.proto([1]);
  # Name of the Secret, in the pod's namespace.
  items @1 :List(KeyToPath) $C.proto([2]) $C.listType("atomic");
  # Keys to write and the paths to write them to. When empty, every key becomes a file of its name.
  # A listed key that is missing is an error unless optional is true.
  defaultMode @2 :Meta.Int32Value $C.proto([3]);
  # Permission bits of files for which none are given, from 0 to 0777 octal (511 decimal; JSON has
  # only decimal). Defaults to 0644. The pod's fsGroup may add bits.
  optional @3 :Meta.BoolValue $C.proto([4]);
  # True lets a missing Secret or key pass. Defaults to false: it must exist.
  defaultUser @4 :Meta.Int64Value $C.proto([5]);
  # Uid of the owner of files for which none is given. Alpha.
}

struct SecurityContext $C.openapi("io.k8s.api.core.v1.SecurityContext") {
  # Privileges of a container's processes. What is set here goes before the pod's settings.
  capabilities @0 :Capabilities $C.proto([1]);
  # Linux capabilities to add and drop. When absent, the runtime's default set.
  privileged @1 :Meta.BoolValue $C.proto([2]);
  # True makes processes in the container nearly equal to root on the node. Defaults to false.
  seLinuxOptions @2 :SELinuxOptions $C.proto([3]);
  # SELinux context of the container. When absent, the pod's, or else one that the runtime assigns.
  runAsUser @3 :Meta.Int64Value $C.proto([4]);
  # Number of the user to run as. Defaults to the pod's setting, then to what the image says.
  runAsNonRoot @4 :Meta.BoolValue $C.proto([5]);
  # True refuses to start the container if it would run as root. Defaults to the pod's setting.
  readOnlyRootFilesystem @5 :Meta.BoolValue $C.proto([6]);
  # True makes the container's own filesystem read-only; volumes are not affected. Defaults to
  # false.
  allowPrivilegeEscalation @6 :Meta.BoolValue $C.proto([7]);
  # False sets no_new_privs, so that no process gets more privileges than its parent. Must not be
  # false with privileged or CAP_SYS_ADMIN. Defaults to true.
  runAsGroup @7 :Meta.Int64Value $C.proto([8]);
  # Number of the primary group. Defaults to the pod's setting, then to what the image or the
  # runtime says.
  procMount @8 :Text $C.proto([9]) $C.optional $C.values(["Default", "Unmasked"]);
  # Default hides and protects the sensitive parts of /proc; Unmasked shows all, and needs a user
  # namespace (hostUsers: false). Defaults to Default.
  windowsOptions @9 :WindowsSecurityContextOptions $C.proto([10]);
  # Settings that apply only on Windows.
  seccompProfile @10 :SeccompProfile $C.proto([11]);
  # System calls that the container may make. Defaults to the pod's setting.
  appArmorProfile @11 :AppArmorProfile $C.proto([12]);
  # AppArmor profile of the container. Defaults to the pod's setting.
}

struct ServiceAccountTokenProjection $C.openapi("io.k8s.api.core.v1.ServiceAccountTokenProjection") {
  # A token of the pod's service account, which the node renews before it expires.
  audience @0 :Text $C.proto([1]);
  # Whom the token is meant for. Defaults to the API server.
  expirationSeconds @1 :Meta.Int64Value $C.proto([2]);
  # Lifetime in seconds, at least 600. Renewed after 80 % of it, or after 24 hours. Defaults to
  # 3600.
  path @2 :Text $C.proto([3]) $C.required;
  # Path of the file, relative to the volume's root.
  user @3 :Meta.Int64Value $C.proto([4]);
  # Uid of the file's owner. When absent, the volume's defaultUser.
}

struct ServicePort $C.openapi("io.k8s.api.core.v1.ServicePort") {
  # A port of a Service.
  name @0 :Text $C.proto([1]);
  # The port's name, a DNS label unique in the Service. May be empty only for a single port.
  protocol @1 :Text $C.proto([2]) $C.values(["SCTP", "TCP", "UDP"]);
  # TCP, UDP or SCTP. Defaults to TCP.
  port @2 :Int32 $C.proto([3]) $C.required;
  # The port number under which the Service is reached.
  targetPort @3 :Meta.IntOrString $C.proto([4]);
  # Port of the pods, by number or by its name in their containers. Defaults to port. Ignored for
  # headless Services.
  nodePort @4 :Int32 $C.proto([5]);
  # Port on every node that leads to this one, for types NodePort and LoadBalancer. 0 has one
  # allocated; a given one must be free and in the cluster's range, by default 30000 to 32767.
  appProtocol @5 :Text $C.proto([6]) $C.optional;
  # The application protocol, for implementations that understand it: an IANA service name such as
  # https, one of kubernetes.io/h2c, kubernetes.io/ws and kubernetes.io/wss, or a name with a domain
  # prefix.
}

struct ServiceSpec $C.openapi("io.k8s.api.core.v1.ServiceSpec") {
  # Which pods a Service stands for, and how they are reached.
  ports @0 :List(ServicePort) $C.proto([1]) $C.listType("map") $C.mapKeys(["port", "protocol=TCP"]) $C.patchStrategy("merge") $C.patchMergeKey("port");
  # The ports the Service offers. May be empty only for headless and ExternalName Services.
  selector @1 :List(Meta.TextEntry) $C.proto([2]) $C.mapType("atomic");
  # Labels that the pods must have. When empty, somebody else maintains the endpoints. Ignored for
  # ExternalName.
  clusterIP @2 :Text $C.proto([3]);
  # The Service's main address within the cluster. Empty has one allocated; None makes the Service
  # headless: DNS gives the pods' own addresses. Cannot change unless the type becomes or was
  # ExternalName.
  type @3 :Text $C.proto([4]) $C.values(["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
  # ClusterIP is reached within the cluster, NodePort also through a port of every node,
  # LoadBalancer also through an outside load balancer; ExternalName is only an alias in DNS.
  # Defaults to ClusterIP.
  externalIPs @4 :List(Text) $C.proto([5]) $C.listType("atomic");
  # Further addresses for which nodes accept this Service's traffic. The cluster does not manage
  # them, and nothing checks who may claim one.
  sessionAffinity @5 :Text $C.proto([7]) $C.values(["ClientIP", "None"]);
  # ClientIP sends a client to the same endpoint each time; None does not. Defaults to None.
  loadBalancerIP @6 :Text $C.proto([8]);
  # Deprecated; providers treat it differently or ignore it. The address wanted for the load
  # balancer.
  loadBalancerSourceRanges @7 :List(Text) $C.proto([9]) $C.listType("atomic");
  # Client addresses, in CIDR notation, that the load balancer lets in. Empty lets in all.
  externalName @8 :Text $C.proto([10]);
  # The DNS name that the Service is an alias for. A lower-case name is needed for type
  # ExternalName.
  externalTrafficPolicy @9 :Text $C.proto([11]) $C.values(["Cluster", "Local"]);
  # Local sends outside traffic only to endpoints on the node it reached, which keeps the client's
  # address; Cluster sends it to any. Defaults to Cluster.
  healthCheckNodePort @10 :Int32 $C.proto([12]);
  # Port on every node where load balancers learn whether it has endpoints. Only for type
  # LoadBalancer with externalTrafficPolicy Local; 0 has one allocated. Cannot change once set.
  publishNotReadyAddresses @11 :Bool $C.proto([13]);
  # True has DNS and endpoints treat pods as ready whether they are or not, for peers that must find
  # each other before that. Defaults to false.
  sessionAffinityConfig @12 :SessionAffinityConfig $C.proto([14]);
  # Settings of sessionAffinity.
  ipFamilyPolicy @13 :Text $C.proto([17]) $C.optional $C.values(["PreferDualStack", "RequireDualStack", "SingleStack"]);
  # SingleStack has one address, PreferDualStack one of each IP family where the cluster has both,
  # RequireDualStack fails otherwise. Defaults to SingleStack.
  clusterIPs @14 :List(Text) $C.proto([18]) $C.listType("atomic");
  # The Service's addresses within the cluster, at most one of each IP family. The first equals
  # clusterIP.
  ipFamilies @15 :List(Text) $C.proto([19]) $C.listType("atomic") $C.values(["", "IPv4", "IPv6"]);
  # The families of clusterIPs, in their order: IPv4, IPv6 or both. The first cannot change; the
  # second may be added or removed with ipFamilyPolicy.
  allocateLoadBalancerNodePorts @16 :Meta.BoolValue $C.proto([20]);
  # Whether a Service of type LoadBalancer also gets node ports. Defaults to true. Ports already
  # allocated stay.
  loadBalancerClass @17 :Text $C.proto([21]) $C.optional;
  # Which implementation provides the load balancer, as a name with an optional domain prefix. Empty
  # means the cluster's default. Cannot change once set.
  internalTrafficPolicy @18 :Text $C.proto([22]) $C.optional $C.values(["Cluster", "Local"]);
  # Local sends traffic from within the cluster only to endpoints on the same node, and drops it if
  # there are none; Cluster sends it to any. Defaults to Cluster.
  trafficDistribution @19 :Text $C.proto([23]) $C.optional;
  # Which endpoints are preferred: PreferSameZone (or its older name PreferClose) or PreferSameNode.
  # When empty, all are alike.
}

struct ServiceStatus $C.openapi("io.k8s.api.core.v1.ServiceStatus") {
  # The observed state of a Service.
  loadBalancer @0 :LoadBalancerStatus $C.proto([1]) $C.always;
  # Where the load balancer takes in traffic. Only for type LoadBalancer.
  conditions @1 :List(Meta.Condition) $C.proto([2]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The Service's conditions, one for each type.
}

struct SessionAffinityConfig $C.openapi("io.k8s.api.core.v1.SessionAffinityConfig") {
  # Settings of session affinity.
  clientIP @0 :ClientIPConfig $C.proto([1]);
  # Settings of affinity to the client's address.
}

struct SleepAction $C.openapi("io.k8s.api.core.v1.SleepAction") {
  # Waits.
  seconds @0 :Int64 $C.proto([1]) $C.required;
  # How many seconds.
}

struct StorageOSVolumeSource $C.openapi("io.k8s.api.core.v1.StorageOSVolumeSource") {
  # Deprecated; its support has ended. A StorageOS volume.
  volumeName @0 :Text $C.proto([1]);
  # The volume's name, unique in its StorageOS namespace.
  volumeNamespace @1 :Text $C.proto([2]);
  # The volume's StorageOS namespace. When empty, the pod's namespace; "default" if namespaces are
  # not used there.
  fsType @2 :Text $C.proto([3]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @3 :Bool $C.proto([4]);
  # True mounts the volume read-only. Defaults to false.
  secretRef @4 :LocalObjectReference $C.proto([5]);
  # Secret with the credentials for StorageOS. When absent, its defaults are tried.
}

struct Sysctl $C.openapi("io.k8s.api.core.v1.Sysctl") {
  # A kernel setting.
  name @0 :Text $C.proto([1]) $C.required;
  # The setting's name, such as net.ipv4.ip_unprivileged_port_start.
  value @1 :Text $C.proto([2]) $C.required;
  # The value.
}

struct TCPSocketAction $C.openapi("io.k8s.api.core.v1.TCPSocketAction") {
  # Opens a TCP connection, made from the node.
  port @0 :Meta.IntOrString $C.proto([1]) $C.required;
  # The port, by number or by its name in the container.
  host @1 :Text $C.proto([2]);
  # The host to connect to. Defaults to the pod's address.
}

struct Taint $C.openapi("io.k8s.api.core.v1.Taint") {
  # Keeps pods off a node that do not tolerate it.
  key @0 :Text $C.proto([1]) $C.required;
  # The taint's key.
  value @1 :Text $C.proto([2]);
  # The taint's value. May be empty.
  effect @2 :Text $C.proto([3]) $C.required $C.values(["NoExecute", "NoSchedule", "PreferNoSchedule"]);
  # NoSchedule keeps new pods away, PreferNoSchedule does so if possible, NoExecute also evicts pods
  # that are there.
  timeAdded @3 :Text $C.proto([4]) $C.format("date-time");
  # When the taint was added.
}

struct Toleration $C.openapi("io.k8s.api.core.v1.Toleration") {
  # Taints that a pod puts up with. A taint is tolerated if key, operator, value and effect match.
  key @0 :Text $C.proto([1]);
  # The taint's key. Empty, with operator Exists, matches every key.
  operator @1 :Text $C.proto([2]) $C.values(["Equal", "Exists", "Gt", "Lt"]);
  # Equal compares the value, Exists takes any value; Lt and Gt tolerate taints whose integer value
  # is less or greater than value. Defaults to Equal.
  value @2 :Text $C.proto([3]);
  # The value to compare with. Must be empty with Exists.
  effect @3 :Text $C.proto([4]) $C.values(["NoExecute", "NoSchedule", "PreferNoSchedule"]);
  # The effect that is tolerated: NoSchedule, PreferNoSchedule or NoExecute. Empty means all.
  tolerationSeconds @4 :Meta.Int64Value $C.proto([5]);
  # With effect NoExecute, seconds the pod stays on the node after the taint appears. 0 or less
  # leaves at once; absent means for ever.
}

struct TopologySpreadConstraint $C.openapi("io.k8s.api.core.v1.TopologySpreadConstraint") {
  # How pods are to be spread over domains, which are groups of nodes with the same value of a
  # label.
  maxSkew @0 :Int32 $C.proto([1]) $C.required;
  # By how much the number of matching pods in a domain may exceed the least number in any domain.
  # Must be at least 1.
  topologyKey @1 :Text $C.proto([2]) $C.required;
  # The node label that defines the domains. Nodes without it are left out.
  whenUnsatisfiable @2 :Text $C.proto([3]) $C.required $C.values(["DoNotSchedule", "ScheduleAnyway"]);
  # DoNotSchedule makes the pod wait if no node keeps to maxSkew; ScheduleAnyway only prefers nodes
  # with less skew.
  labelSelector @3 :Meta.LabelSelector $C.proto([4]);
  # The pods that are counted, in the pod's own namespace.
  minDomains @4 :Meta.Int32Value $C.proto([5]);
  # With fewer domains than this, the least number counts as 0. Must be positive and needs
  # DoNotSchedule. Defaults to 1.
  nodeAffinityPolicy @5 :Text $C.proto([6]) $C.optional $C.values(["Honor", "Ignore"]);
  # Honor counts only nodes that fit the pod's nodeSelector and nodeAffinity; Ignore counts all.
  # Defaults to Honor.
  nodeTaintsPolicy @6 :Text $C.proto([7]) $C.optional $C.values(["Honor", "Ignore"]);
  # Honor leaves out nodes with taints that the pod does not tolerate; Ignore counts all. Defaults
  # to Ignore.
  matchLabelKeys @7 :List(Text) $C.proto([8]) $C.listType("atomic");
  # Label keys for which counted pods must have the value that this pod has, such as
  # pod-template-hash. Keys that this pod lacks are ignored; keys in labelSelector are not allowed.
}

struct TypedLocalObjectReference $C.openapi("io.k8s.api.core.v1.TypedLocalObjectReference") $C.mapType("atomic") {
  # Points at an object of any kind in the same namespace.
  apiGroup @0 :Text $C.proto([1]) $C.optional;
  # The object's API group. Absent or empty is the core group.
  kind @1 :Text $C.proto([2]) $C.required;
  # The object's kind.
  name @2 :Text $C.proto([3]) $C.required;
  # The object's name.
}

struct TypedObjectReference $C.openapi("io.k8s.api.core.v1.TypedObjectReference") {
  # Points at an object of any kind, possibly in another namespace.
  apiGroup @0 :Text $C.proto([1]) $C.optional;
  # The object's API group. Absent or empty is the core group.
  kind @1 :Text $C.proto([2]) $C.required;
  # The object's kind.
  name @2 :Text $C.proto([3]) $C.required;
  # The object's name.
  namespace @3 :Text $C.proto([4]) $C.optional;
  # The object's namespace, if it is another; a ReferenceGrant there must allow it.
}

struct Volume $C.openapi("io.k8s.api.core.v1.Volume") {
  # A volume that containers of a pod can mount. Besides the name, exactly one field is set; if none
  # is, the volume is an emptyDir.
  name @0 :Text $C.proto([1]) $C.required;
  # The volume's name, a DNS label unique in the pod.
  hostPath @1 :HostPathVolumeSource $C.proto([2, 1]);
  # A file or directory of the node itself.
  emptyDir @2 :EmptyDirVolumeSource $C.proto([2, 2]);
  # A directory that lives as long as the pod is on the node.
  gcePersistentDisk @3 :GCEPersistentDiskVolumeSource $C.proto([2, 3]);
  # Deprecated. A persistent disk of Google Compute Engine.
  awsElasticBlockStore @4 :AWSElasticBlockStoreVolumeSource $C.proto([2, 4]);
  # Deprecated. A disk of Amazon's Elastic Block Store.
  gitRepo @5 :GitRepoVolumeSource $C.proto([2, 5]);
  # Deprecated and unsafe. A directory filled from a git repository.
  secret @6 :SecretVolumeSource $C.proto([2, 6]);
  # Entries of a Secret as files.
  nfs @7 :NFSVolumeSource $C.proto([2, 7]);
  # A directory that an NFS server exports.
  iscsi @8 :ISCSIVolumeSource $C.proto([2, 8]);
  # An iSCSI disk.
  glusterfs @9 :GlusterfsVolumeSource $C.proto([2, 9]);
  # Deprecated. A Gluster volume.
  persistentVolumeClaim @10 :PersistentVolumeClaimVolumeSource $C.proto([2, 10]);
  # The volume that a PersistentVolumeClaim is bound to.
  rbd @11 :RBDVolumeSource $C.proto([2, 11]);
  # Deprecated. A block device of Ceph.
  flexVolume @12 :FlexVolumeSource $C.proto([2, 12]);
  # Deprecated. A volume that a driver program on the node handles.
  cinder @13 :CinderVolumeSource $C.proto([2, 13]);
  # Deprecated. A volume of OpenStack Cinder.
  cephfs @14 :CephFSVolumeSource $C.proto([2, 14]);
  # Deprecated. A Ceph filesystem.
  flocker @15 :FlockerVolumeSource $C.proto([2, 15]);
  # Deprecated. A Flocker dataset.
  downwardAPI @16 :DownwardAPIVolumeSource $C.proto([2, 16]);
  # Facts about the pod as files.
  fc @17 :FCVolumeSource $C.proto([2, 17]);
  # A Fibre Channel disk.
  azureFile @18 :AzureFileVolumeSource $C.proto([2, 18]);
  # Deprecated. A file share of Microsoft Azure.
  configMap @19 :ConfigMapVolumeSource $C.proto([2, 19]);
  # Entries of a ConfigMap as files.
  vsphereVolume @20 :VsphereVirtualDiskVolumeSource $C.proto([2, 20]);
  # Deprecated. A virtual disk of VMware vSphere.
  quobyte @21 :QuobyteVolumeSource $C.proto([2, 21]);
  # Deprecated. A Quobyte volume.
  azureDisk @22 :AzureDiskVolumeSource $C.proto([2, 22]);
  # Deprecated. A data disk of Microsoft Azure.
  photonPersistentDisk @23 :PhotonPersistentDiskVolumeSource $C.proto([2, 23]);
  # Deprecated. A disk of a Photon Controller.
  portworxVolume @24 :PortworxVolumeSource $C.proto([2, 24]);
  # Deprecated. A Portworx volume.
  scaleIO @25 :ScaleIOVolumeSource $C.proto([2, 25]);
  # Deprecated. A ScaleIO volume.
  projected @26 :ProjectedVolumeSource $C.proto([2, 26]);
  # One directory with files from several sources.
  storageos @27 :StorageOSVolumeSource $C.proto([2, 27]);
  # Deprecated. A StorageOS volume.
  csi @28 :CSIVolumeSource $C.proto([2, 28]);
  # A volume that a CSI driver makes for the pod.
  ephemeral @29 :EphemeralVolumeSource $C.proto([2, 29]);
  # A volume whose claim lives as long as the pod.
  image @30 :ImageVolumeSource $C.proto([2, 30]);
  # The content of an OCI image or artifact, read-only.
}

struct VolumeDevice $C.openapi("io.k8s.api.core.v1.VolumeDevice") {
  # Gives a container a volume as a raw block device.
  name @0 :Text $C.proto([1]) $C.required;
  # Name of one of the pod's volumes that is a persistentVolumeClaim with volumeMode Block, or an
  # ephemeral one of the kind.
  devicePath @1 :Text $C.proto([2]) $C.required;
  # Path of the device in the container.
}

struct VolumeMount $C.openapi("io.k8s.api.core.v1.VolumeMount") {
  # Mounts a volume into a container.
  name @0 :Text $C.proto([1]) $C.required;
  # Name of one of the pod's volumes.
  readOnly @1 :Bool $C.proto([2]);
  # True mounts the volume read-only. Defaults to false.
  mountPath @2 :Text $C.proto([3]) $C.required;
  # Path in the container to mount it at. Must not contain ":".
  subPath @3 :Text $C.proto([4]);
  # Path within the volume to mount instead of its root. Must be relative and must not contain "..".
  mountPropagation @4 :Text $C.proto([5]) $C.optional $C.values(["Bidirectional", "HostToContainer", "None"]);
  # Whether mounts made later pass: None, HostToContainer into the container, or Bidirectional also
  # out of it, which needs a privileged container. Defaults to None.
  subPathExpr @5 :Text $C.proto([6]);
  # Like subPath, with $(NAME) replaced by environment variables of the container. Cannot be
  # combined with subPath.
  recursiveReadOnly @6 :Text $C.proto([7]) $C.optional;
  # With readOnly, whether mounts below are read-only too: Disabled, IfPossible, or Enabled, which
  # fails where it cannot be done. Needs mountPropagation None. Defaults to Disabled.
  bindMountOptions @7 :List(Text) $C.proto([8]) $C.listType("set");
  # Further options of the mount: noexec, nodev and nosuid. Not for image volumes. Alpha.
}

struct VolumeMountStatus $C.openapi("io.k8s.api.core.v1.VolumeMountStatus") {
  # How a volume is really mounted.
  name @0 :Text $C.proto([1]) $C.required;
  # The volume's name, as in the spec.
  mountPath @1 :Text $C.proto([2]) $C.required;
  # Path in the container, as in the spec.
  readOnly @2 :Bool $C.proto([3]);
  # Whether it is read-only.
  recursiveReadOnly @3 :Text $C.proto([4]) $C.optional;
  # Disabled or Enabled: whether mounts below are read-only too. Set only for read-only mounts.
  volumeStatus @4 :VolumeStatus $C.proto([5]);
  # More about the volume, depending on its kind.
}

struct VolumeProjection $C.openapi("io.k8s.api.core.v1.VolumeProjection") {
  # One source of a projected volume. Exactly one field is set.
  secret @0 :SecretProjection $C.proto([1]);
  # Entries of a Secret.
  downwardAPI @1 :DownwardAPIProjection $C.proto([2]);
  # Facts about the pod.
  configMap @2 :ConfigMapProjection $C.proto([3]);
  # Entries of a ConfigMap.
  serviceAccountToken @3 :ServiceAccountTokenProjection $C.proto([4]);
  # A token of the pod's service account.
  clusterTrustBundle @4 :ClusterTrustBundleProjection $C.proto([5]);
  # Certificates of ClusterTrustBundles.
  podCertificate @5 :PodCertificateProjection $C.proto([6]);
  # A private key and a certificate that a signer issues for the pod.
}

struct VolumeResourceRequirements $C.openapi("io.k8s.api.core.v1.VolumeResourceRequirements") {
  # How much storage a claim wants.
  limits @0 :List(Meta.TextEntry) $C.proto([1]) $C.format("quantity");
  # The most storage it will accept.
  requests @1 :List(Meta.TextEntry) $C.proto([2]) $C.format("quantity");
  # The least storage it needs, under the key storage.
}

struct VolumeStatus $C.openapi("io.k8s.api.core.v1.VolumeStatus") {
  # More about a mounted volume, depending on its kind.
  image @0 :ImageVolumeStatus $C.proto([1]);
  # For an image volume, the image that is mounted.
}

struct VsphereVirtualDiskVolumeSource $C.openapi("io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource") {
  # Deprecated, use the CSI driver csi.vsphere.vmware.com. A virtual disk of VMware vSphere.
  volumePath @0 :Text $C.proto([1]) $C.required;
  # Path of the disk in its datastore.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  storagePolicyName @2 :Text $C.proto([3]);
  # Name of the storage policy.
  storagePolicyID @3 :Text $C.proto([4]);
  # Id of the storage policy that belongs to the name.
}

struct WeightedPodAffinityTerm $C.openapi("io.k8s.api.core.v1.WeightedPodAffinityTerm") {
  # A preference about nearness to other pods.
  weight @0 :Int32 $C.proto([1]) $C.required;
  # How much the preference counts, from 1 to 100.
  podAffinityTerm @1 :PodAffinityTerm $C.proto([2]) $C.required;
  # The pods that are meant, and what being near them means.
}

struct WindowsSecurityContextOptions $C.openapi("io.k8s.api.core.v1.WindowsSecurityContextOptions") {
  # Settings of a process on Windows.
  gmsaCredentialSpecName @0 :Text $C.proto([1]) $C.optional;
  # Name of the group-managed service account's credential spec.
  gmsaCredentialSpec @1 :Text $C.proto([2]) $C.optional;
  # Content of the credential spec; an admission webhook puts it here.
  runAsUserName @2 :Text $C.proto([3]) $C.optional;
  # Name of the user to run as. Defaults to what the image says.
  hostProcess @3 :Meta.BoolValue $C.proto([4]);
  # True runs the containers as processes of the node itself; all containers of a pod must agree,
  # and hostNetwork must be true. Defaults to false.
}
