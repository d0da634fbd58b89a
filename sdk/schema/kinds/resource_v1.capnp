@0xcf92b7b82fd60ef8;
# The group resource.k8s.io/v1: devices that drivers offer, claims for them, and what keeps claims off
# them.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::resource_v1");

struct DeviceClass $C.openapi("io.k8s.api.resource.v1.DeviceClass") {
  # A choice of devices that claims ask for by name: what a device must be, and how it is set up. Of
  # cluster scope.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :DeviceClassSpec $C.proto([2]) $C.always;
  # What devices of the class are.
}

struct ResourceClaim $C.openapi("io.k8s.api.resource.v1.ResourceClaim") {
  # Asks for devices that pods may use. Whoever allocates them writes down which, and for whom, in
  # status.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :ResourceClaimSpec $C.proto([2]) $C.always;
  # What is asked for. Cannot change after creation.
  status @2 :ResourceClaimStatus $C.proto([3]) $C.always;
  # What was allocated and who may use it.
}

struct ResourceClaimTemplate $C.openapi("io.k8s.api.resource.v1.ResourceClaimTemplate") {
  # What a claim is made from that one pod has for itself, such as each replica of a workload.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :ResourceClaimTemplateSpec $C.proto([2]) $C.always;
  # The claim to make. Cannot change after creation.
}

struct ResourceSlice $C.openapi("io.k8s.api.resource.v1.ResourceSlice") {
  # Devices that a driver offers: all of a pool, or a part of it. Written by the driver.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :ResourceSliceSpec $C.proto([2]) $C.required;
  # The devices, whose they are and from where they can be used. Its driver, pool name and node name
  # cannot change.
}

struct DeviceTaintRule $C.openapi("io.k8s.api.resource.v1.DeviceTaintRule") {
  # Taints all devices that it selects, as though their driver had done so.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :DeviceTaintRuleSpec $C.proto([2]) $C.required;
  # Which devices, and the taint.
  status @2 :DeviceTaintRuleStatus $C.proto([3]) $C.always;
  # What has come of it.
}

struct DeviceClassSpec $C.openapi("io.k8s.api.resource.v1.DeviceClassSpec") {
  # What devices of a class are.
  selectors @0 :List(DeviceSelector) $C.proto([1]) $C.listType("atomic");
  # What must hold of a device, all of it. At most 32.
  config @1 :List(DeviceClassConfiguration) $C.proto([2]) $C.listType("atomic");
  # How such a device is set up, for drivers that know it. At most 32.
  extendedResourceName @2 :Text $C.proto([4]) $C.optional;
  # Pods that request this extended resource get devices of the class. Of several classes with the
  # same name the youngest counts.
}

struct ResourceClaimSpec $C.openapi("io.k8s.api.resource.v1.ResourceClaimSpec") {
  # What is asked for.
  devices @0 :DeviceClaim $C.proto([1]) $C.always;
  # The devices.
}

struct ResourceClaimStatus $C.openapi("io.k8s.api.resource.v1.ResourceClaimStatus") {
  # What was allocated and who may use it.
  allocation @0 :AllocationResult $C.proto([1]);
  # The devices. Once set it may be taken back but not changed.
  reservedFor @1 :List(ResourceClaimConsumerReference) $C.proto([2]) $C.listType("map") $C.patchStrategy("merge") $C.patchMergeKey("uid") $C.mapKeys(["uid"]);
  # Who may use them: mostly pods. At most 256.
  devices @2 :List(AllocatedDeviceStatus) $C.proto([4]) $C.listType("map") $C.mapKeys(["driver", "device", "pool", "shareID"]);
  # What drivers say of the devices, each of which is allocated here.
}

struct ResourceClaimTemplateSpec $C.openapi("io.k8s.api.resource.v1.ResourceClaimTemplateSpec") {
  # The claim to make.
  metadata @0 :Meta.ObjectMeta $C.proto([1]) $C.always;
  # Labels and annotations of the claim.
  spec @1 :ResourceClaimSpec $C.proto([2]) $C.always;
  # What the claim asks for.
}

struct ResourceSliceSpec $C.openapi("io.k8s.api.resource.v1.ResourceSliceSpec") {
  # The devices, whose they are and from where they can be used.
  driver @0 :Text $C.proto([1]) $C.required;
  # The driver's name, a DNS subdomain of at most 63 characters. Cannot change.
  pool @1 :ResourcePool $C.proto([2]) $C.required;
  # The pool that they belong to.
  nodeName @2 :Text $C.proto([3]) $C.optional;
  # The one node that can use them. Of this, nodeSelector, allNodes and perDeviceNodeSelection
  # exactly one is set. Cannot change.
  nodeSelector @3 :Core.NodeSelector $C.proto([4]);
  # The nodes that can use them: exactly one term.
  allNodes @4 :Meta.BoolValue $C.proto([5]);
  # True if every node can use them.
  devices @5 :List(Device) $C.proto([6]) $C.listType("atomic");
  # The devices: at most 128, or 64 if any has taints or consumes counters.
  perDeviceNodeSelection @6 :Meta.BoolValue $C.proto([7]);
  # True if each device says for itself which nodes can use it.
  sharedCounters @7 :List(CounterSet) $C.proto([8]) $C.listType("atomic");
  # What devices of the pool take parts of. A slice has these or devices. At most 8.
  partitionTypeAttribute @8 :Text $C.proto([9]) $C.optional;
  # The attribute that says of which type a part is. Not kept, because its feature is off by default.
  skipNodeOperations @9 :List(Text) $C.proto([10]) $C.listType("set")
      $C.values(["*", "NodePrepareResources", "NodeUnprepareResources"]);
  # Which calls to the driver a node may leave out. Not kept, because its feature is off by default.
}

struct DeviceTaintRuleSpec $C.openapi("io.k8s.api.resource.v1.DeviceTaintRuleSpec") {
  # Which devices, and the taint.
  deviceSelector @0 :DeviceTaintSelector $C.proto([1]);
  # Which devices. Absent: none; empty: all.
  taint @1 :DeviceTaint $C.proto([2]) $C.required;
  # The taint.
}

struct DeviceTaintRuleStatus $C.openapi("io.k8s.api.resource.v1.DeviceTaintRuleStatus") {
  # What has come of a rule.
  conditions @0 :List(Meta.Condition) $C.proto([1]) $C.listType("map") $C.patchStrategy("merge") $C.patchMergeKey("type") $C.mapKeys(["type"]);
  # Such as EvictionInProgress: what is being done because of the rule. At most 8.
}

struct DeviceSelector $C.openapi("io.k8s.api.resource.v1.DeviceSelector") {
  # What must hold of a device. Exactly one member is set.
  cel @0 :CELDeviceSelector $C.proto([1]);
  # An expression in CEL.
}

struct DeviceClassConfiguration $C.openapi("io.k8s.api.resource.v1.DeviceClassConfiguration") {
  # How a device of the class is set up.
  opaque @0 :OpaqueDeviceConfiguration $C.proto([1, 1]);
  # Parameters that only a driver understands.
}

struct DeviceClaim $C.openapi("io.k8s.api.resource.v1.DeviceClaim") {
  # The devices that a claim asks for.
  requests @0 :List(DeviceRequest) $C.proto([1]) $C.listType("atomic");
  # The requests, each of which has to be met. Absent: nothing is asked for. At most 32.
  constraints @1 :List(DeviceConstraint) $C.proto([2]) $C.listType("atomic");
  # What must hold between devices of several requests. At most 32.
  config @2 :List(DeviceClaimConfiguration) $C.proto([3]) $C.listType("atomic");
  # How the devices are set up, for drivers that know it. At most 32.
}

struct AllocationResult $C.openapi("io.k8s.api.resource.v1.AllocationResult") {
  # What was allocated.
  devices @0 :DeviceAllocationResult $C.proto([1]) $C.always;
  # The devices.
  nodeSelector @1 :Core.NodeSelector $C.proto([3]);
  # From which nodes they can be used. Absent: from all.
  allocationTimestamp @2 :Text $C.proto([5]) $C.format("date-time");
  # When they were allocated.
}

struct ResourceClaimConsumerReference $C.openapi("io.k8s.api.resource.v1.ResourceClaimConsumerReference") {
  # Who may use a claim: an object in its namespace.
  apiGroup @0 :Text $C.proto([1]);
  # The API group. Empty for the core group.
  resource @1 :Text $C.proto([3]) $C.required;
  # The kind's resource, such as pods.
  name @2 :Text $C.proto([4]) $C.required;
  # The object's name.
  uid @3 :Text $C.proto([5]) $C.required;
  # The object's uid, so that a later object of the same name is not meant.
}

struct AllocatedDeviceStatus $C.openapi("io.k8s.api.resource.v1.AllocatedDeviceStatus") {
  # What a driver says of a device that is allocated.
  driver @0 :Text $C.proto([1]) $C.required;
  # The driver's name.
  pool @1 :Text $C.proto([2]) $C.required;
  # The pool that the device belongs to.
  device @2 :Text $C.proto([3]) $C.required;
  # The device's name in the pool.
  conditions @3 :List(Meta.Condition) $C.proto([4]) $C.listType("map") $C.mapKeys(["type"]);
  # Its state, such as Ready. At most 8.
  data @4 :Text $C.proto([5]) $C.format("json");
  # A JSON object of the driver's own, of at most 10240 bytes.
  networkData @5 :NetworkDeviceData $C.proto([6]);
  # What is known of the network on it.
  shareID @6 :Text $C.proto([7]) $C.optional;
  # Which share of the device is meant, if it is shared.
}

struct ResourcePool $C.openapi("io.k8s.api.resource.v1.ResourcePool") {
  # Devices that a driver manages together, in one slice or in several.
  name @0 :Text $C.proto([1]) $C.required;
  # The pool's name: DNS subdomains with slashes between, mostly the node's name. Cannot change.
  generation @1 :Int64 $C.proto([2]) $C.required;
  # Which state of the pool this is. Slices with a lower number than the greatest are out of date.
  resourceSliceCount @2 :Int64 $C.proto([3]) $C.required;
  # How many slices the pool has in this generation. At least 1.
}

struct Device $C.openapi("io.k8s.api.resource.v1.Device") {
  # One device that can be allocated.
  name @0 :Text $C.proto([1]) $C.required;
  # Its name, a DNS label, of which a pool has one.
  attributes @1 :List(DeviceAttributeEntry) $C.proto([2]);
  # What it is like, by names as "domain/identifier"; without a domain it is the driver's. With
  # capacity at most 32.
  capacity @2 :List(DeviceCapacityEntry) $C.proto([3]);
  # How much it has of what, by names like those of attributes.
  consumesCounters @3 :List(DeviceCounterConsumption) $C.proto([4]) $C.listType("atomic");
  # What it takes of shared counters when it is allocated. At most 2 sets.
  nodeName @4 :Text $C.proto([5]) $C.optional;
  # The one node that can use it, if each device says so for itself.
  nodeSelector @5 :Core.NodeSelector $C.proto([6]);
  # The nodes that can use it, if each device says so for itself.
  allNodes @6 :Meta.BoolValue $C.proto([7]);
  # True if every node can use it, where each device says so for itself.
  taints @7 :List(DeviceTaint) $C.proto([8]) $C.listType("atomic");
  # What keeps claims off it that do not tolerate it. At most 16.
  bindsToNode @8 :Meta.BoolValue $C.proto([9]);
  # True if a claim that gets it is bound to the node for which it was allocated.
  bindingConditions @9 :List(Text) $C.proto([10]) $C.listType("atomic");
  # Conditions that must be true in the claim's status before a pod is bound. At most 4.
  bindingFailureConditions @10 :List(Text) $C.proto([11]) $C.listType("atomic");
  # Conditions one of which being true means that the binding has failed. At most 4; set with the
  # ones before or not at all.
  allowMultipleAllocations @11 :Meta.BoolValue $C.proto([12]);
  # True if several claims can have it at the same time.
  nodeAllocatableResources @12 :List(NodeAllocatableResourceEntry) $C.proto([14]);
  # What it takes of the node's resources such as cpu. Not kept, because its feature is off by
  # default.
}

struct CounterSet $C.openapi("io.k8s.api.resource.v1.CounterSet") {
  # Counters that devices of a pool share.
  name @0 :Text $C.proto([1]) $C.required;
  # The set's name, a DNS label, unique in the pool.
  counters @1 :List(CounterEntry) $C.proto([2]) $C.required;
  # The counters by name. At most 32.
}

struct DeviceTaintSelector $C.openapi("io.k8s.api.resource.v1.DeviceTaintSelector") {
  # Chooses devices. All that is set must hold.
  driver @0 :Text $C.proto([2]) $C.optional;
  # The driver's name.
  pool @1 :Text $C.proto([3]) $C.optional;
  # The pool's name. It says nothing without the driver.
  device @2 :Text $C.proto([4]) $C.optional;
  # The device's name. It says nothing without driver and pool.
}

struct DeviceTaint $C.openapi("io.k8s.api.resource.v1.DeviceTaint") {
  # Keeps claims off a device that do not tolerate it.
  key @0 :Text $C.proto([1]) $C.required;
  # The key, a name like that of a label.
  value @1 :Text $C.proto([2]);
  # The value, like that of a label.
  effect @2 :Text $C.proto([3]) $C.required $C.values(["NoExecute", "NoSchedule", "None"]);
  # NoSchedule: the device is not allocated any more. NoExecute: whoever uses it is evicted too.
  # None: nothing.
  timeAdded @3 :Text $C.proto([4]) $C.format("date-time");
  # When the taint was set. Filled in by the server when absent.
}

struct CELDeviceSelector $C.openapi("io.k8s.api.resource.v1.CELDeviceSelector") {
  # An expression over a device.
  expression @0 :Text $C.proto([1]) $C.required;
  # The expression, of at most 10240 bytes. It says yes or no of "device", with its driver,
  # attributes and capacity.
}

struct OpaqueDeviceConfiguration $C.openapi("io.k8s.api.resource.v1.OpaqueDeviceConfiguration") {
  # Parameters that only a driver understands.
  driver @0 :Text $C.proto([1]) $C.required;
  # The driver that they are for.
  parameters @1 :Text $C.proto([2]) $C.format("json") $C.required;
  # A JSON object of at most 10240 bytes.
}

struct DeviceRequest $C.openapi("io.k8s.api.resource.v1.DeviceRequest") {
  # One request of a claim. Of its two forms exactly one is set.
  name @0 :Text $C.proto([1]) $C.required;
  # Its name, a DNS label, unique in the claim.
  exactly @1 :ExactDeviceRequest $C.proto([2]);
  # What is asked for.
  firstAvailable @2 :List(DeviceSubRequest) $C.proto([3]) $C.listType("atomic");
  # Several things of which the first is given that can be had. At most 8.
}

struct DeviceConstraint $C.openapi("io.k8s.api.resource.v1.DeviceConstraint") {
  # What must hold between devices. Exactly one of the attributes is set.
  requests @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # The requests, or parts of them as "request/subrequest", that it is about. Absent: all of the
  # claim.
  matchAttribute @1 :Text $C.proto([2]) $C.optional;
  # All devices have this attribute with the same value. Named as "domain/identifier".
  distinctAttribute @2 :Text $C.proto([3]) $C.optional;
  # All devices have this attribute with values of which none is like another.
}

struct DeviceClaimConfiguration $C.openapi("io.k8s.api.resource.v1.DeviceClaimConfiguration") {
  # How devices of a claim are set up.
  requests @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # The requests, or parts of them as "request/subrequest", that it is about. Absent: all of the
  # claim.
  opaque @1 :OpaqueDeviceConfiguration $C.proto([2, 1]);
  # Parameters that only a driver understands.
}

struct DeviceAllocationResult $C.openapi("io.k8s.api.resource.v1.DeviceAllocationResult") {
  # The devices that were allocated.
  results @0 :List(DeviceRequestAllocationResult) $C.proto([1]) $C.listType("atomic");
  # Which device each request has got. At most 32.
  config @1 :List(DeviceAllocationConfiguration) $C.proto([2]) $C.listType("atomic");
  # How they are set up, from the class and from the claim. At most 64.
}

struct NetworkDeviceData $C.openapi("io.k8s.api.resource.v1.NetworkDeviceData") {
  # What is known of the network on a device.
  interfaceName @0 :Text $C.proto([1]);
  # The interface's name, of at most 256 bytes.
  ips @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # Its addresses with the length of their prefix, as 192.0.2.5/24. At most 16.
  hardwareAddress @2 :Text $C.proto([3]);
  # Its hardware address, of at most 128 bytes.
}

struct DeviceAttribute $C.openapi("io.k8s.api.resource.v1.DeviceAttribute") {
  # One value. Exactly one member is set.
  int @0 :Meta.Int64Value $C.proto([2]);
  # A number.
  bool @1 :Meta.BoolValue $C.proto([3]);
  # True or false.
  string @2 :Text $C.proto([4]) $C.optional;
  # A text of at most 64 bytes.
  version @3 :Text $C.proto([5]) $C.optional;
  # A version as of semver.org 2.0.0, of at most 64 bytes.
  ints @4 :List(Int64) $C.proto([6]) $C.listType("atomic");
  # Numbers. Not kept, because the feature of lists is off by default.
  bools @5 :List(Bool) $C.proto([7]) $C.listType("atomic");
  # Several of true and false. Not kept, because the feature of lists is off by default.
  strings @6 :List(Text) $C.proto([8]) $C.listType("atomic");
  # Texts. Not kept, because the feature of lists is off by default.
  versions @7 :List(Text) $C.proto([9]) $C.listType("atomic");
  # Versions. Not kept, because the feature of lists is off by default.
}

struct DeviceCapacity $C.openapi("io.k8s.api.resource.v1.DeviceCapacity") {
  # How much a device has of something.
  value @0 :Text $C.proto([1]) $C.format("quantity") $C.required;
  # All that it has.
  requestPolicy @1 :CapacityRequestPolicy $C.proto([2]);
  # What parts of it may be asked for. Only where several claims can have the device.
}

struct DeviceCounterConsumption $C.openapi("io.k8s.api.resource.v1.DeviceCounterConsumption") {
  # What a device takes of a set of counters.
  counterSet @0 :Text $C.proto([1]) $C.required;
  # The set's name.
  counters @1 :List(CounterEntry) $C.proto([2]) $C.required;
  # How much of which counter. At most 32.
  compatibilityGroups @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # Which other parts it can be used beside. Not kept, because its feature is off by default.
}

struct NodeAllocatableResource $C.openapi("io.k8s.api.resource.v1.NodeAllocatableResource") {
  # What a device takes of one resource of the node.
  mapping @0 :NodeAllocatableMapping $C.proto([3]);
  # What of it the device is.
  overhead @1 :NodeAllocatableOverhead $C.proto([4]);
  # What it takes besides.
}

struct Counter $C.openapi("io.k8s.api.resource.v1.Counter") {
  # One counter.
  value @0 :Text $C.proto([1]) $C.format("quantity") $C.required;
  # How much there is, or is taken.
}

struct ExactDeviceRequest $C.openapi("io.k8s.api.resource.v1.ExactDeviceRequest") {
  # Devices of one class.
  deviceClassName @0 :Text $C.proto([1]) $C.required;
  # The class.
  selectors @1 :List(DeviceSelector) $C.proto([2]) $C.listType("atomic");
  # What must hold of a device besides what the class demands, all of it. At most 32.
  allocationMode @2 :Text $C.proto([3]) $C.values(["All", "ExactCount"]);
  # ExactCount (the default) or All, which is each device in the pools that fits.
  count @3 :Int64 $C.proto([4]);
  # How many, with ExactCount. Defaults to 1.
  adminAccess @4 :Meta.BoolValue $C.proto([5]);
  # True to look at devices that others use. Only in namespaces labelled
  # resource.kubernetes.io/admin-access=true.
  tolerations @5 :List(DeviceToleration) $C.proto([6]) $C.listType("atomic");
  # Which taints do not matter.
  capacity @6 :CapacityRequirements $C.proto([7]);
  # How much each device has to have free.
  derivedAttributes @7 :List(DeviceDerivedAttribute) $C.proto([8]) $C.listType("atomic");
  # Attributes that are computed. Not kept, because their feature is off by default.
}

struct DeviceSubRequest $C.openapi("io.k8s.api.resource.v1.DeviceSubRequest") {
  # Devices of one class, as one of several choices.
  name @0 :Text $C.proto([1]) $C.required;
  # Its name, a DNS label, unique in the request.
  deviceClassName @1 :Text $C.proto([2]) $C.required;
  # The class.
  selectors @2 :List(DeviceSelector) $C.proto([3]) $C.listType("atomic");
  # What must hold of a device besides what the class demands, all of it. At most 32.
  allocationMode @3 :Text $C.proto([4]) $C.values(["All", "ExactCount"]);
  # ExactCount (the default) or All, which is each device in the pools that fits.
  count @4 :Int64 $C.proto([5]);
  # How many, with ExactCount. Defaults to 1.
  tolerations @5 :List(DeviceToleration) $C.proto([6]) $C.listType("atomic");
  # Which taints do not matter.
  capacity @6 :CapacityRequirements $C.proto([7]);
  # How much each device has to have free.
  derivedAttributes @7 :List(DeviceDerivedAttribute) $C.proto([8]) $C.listType("atomic");
  # Attributes that are computed. Not kept, because their feature is off by default.
}

struct DeviceRequestAllocationResult $C.openapi("io.k8s.api.resource.v1.DeviceRequestAllocationResult") {
  # A device that a request has got.
  request @0 :Text $C.proto([1]) $C.required;
  # The request's name, or "request/subrequest".
  driver @1 :Text $C.proto([2]) $C.required;
  # The driver's name.
  pool @2 :Text $C.proto([3]) $C.required;
  # The pool that the device belongs to.
  device @3 :Text $C.proto([4]) $C.required;
  # The device's name in the pool.
  adminAccess @4 :Meta.BoolValue $C.proto([5]);
  # True if the device is only looked at, while others may use it.
  tolerations @5 :List(DeviceToleration) $C.proto([6]) $C.listType("atomic");
  # The tolerations of the request as they were when the device was allocated.
  bindingConditions @6 :List(Text) $C.proto([7]) $C.listType("atomic");
  # The device's binding conditions as they were then. At most 4.
  bindingFailureConditions @7 :List(Text) $C.proto([8]) $C.listType("atomic");
  # The device's binding failure conditions as they were then. At most 4.
  shareID @8 :Text $C.proto([9]) $C.optional;
  # Which share of the device, if several claims can have it. A UUID.
  consumedCapacity @9 :List(Meta.TextEntry) $C.proto([10]) $C.format("quantity");
  # How much of the device's capacity is taken, if several claims can have it.
  skipNodeOperations @10 :List(Text) $C.proto([11]) $C.listType("set")
      $C.values(["*", "NodePrepareResources", "NodeUnprepareResources"]);
  # Which calls to the driver a node may leave out. Not kept, because its feature is off by default.
}

struct DeviceAllocationConfiguration $C.openapi("io.k8s.api.resource.v1.DeviceAllocationConfiguration") {
  # How devices are set up.
  source @0 :Text $C.proto([1]) $C.required $C.values(["FromClaim", "FromClass"]);
  # Whether the class or the claim says so: FromClass or FromClaim.
  requests @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # The requests, or parts of them as "request/subrequest", that it is about. Absent: all of the
  # claim.
  opaque @2 :OpaqueDeviceConfiguration $C.proto([3, 1]);
  # Parameters that only a driver understands.
}

struct CapacityRequestPolicy $C.openapi("io.k8s.api.resource.v1.CapacityRequestPolicy") {
  # What parts of a capacity may be asked for: at most one of a list and a range.
  default @0 :Text $C.proto([1]) $C.format("quantity");
  # How much is taken where the request does not say.
  validValues @1 :List(Text) $C.proto([3]) $C.format("quantity") $C.listType("atomic");
  # The amounts that there are, sorted. At most 10. A request is rounded up to one of them.
  validRange @2 :CapacityRequestPolicyRange $C.proto([4]);
  # The amounts that there are, as a range.
}

struct NodeAllocatableMapping $C.openapi("io.k8s.api.resource.v1.NodeAllocatableMapping") {
  # What of a node's resource a device is.
  capacityKey @0 :Text $C.proto([1]) $C.optional;
  # The capacity of the device that it is computed from.
  capacityMultiplier @1 :Text $C.proto([2]) $C.format("quantity");
  # By what the capacity is multiplied.
  deviceMultiplier @2 :Text $C.proto([3]) $C.format("quantity");
  # How much of it each device is.
}

struct NodeAllocatableOverhead $C.openapi("io.k8s.api.resource.v1.NodeAllocatableOverhead") {
  # What a device takes besides of a node's resource.
  perPod @0 :Text $C.proto([1]) $C.format("quantity");
  # For each pod.
  perContainer @1 :Text $C.proto([2]) $C.format("quantity");
  # For each container.
}

struct DeviceToleration $C.openapi("io.k8s.api.resource.v1.DeviceToleration") {
  # Says that a taint does not matter.
  key @0 :Text $C.proto([1]);
  # The taint's key. Absent: any, which takes the operator Exists.
  operator @1 :Text $C.proto([2]) $C.values(["Equal", "Exists"]);
  # Exists, or Equal (the default) for the value to be the same.
  value @2 :Text $C.proto([3]);
  # The taint's value. Absent with Exists.
  effect @3 :Text $C.proto([4]) $C.values(["NoExecute", "NoSchedule", "None"]);
  # The taint's effect. Absent: any.
  tolerationSeconds @4 :Meta.Int64Value $C.proto([5]);
  # For how long it does not matter, with NoExecute. Absent: for ever.
}

struct CapacityRequirements $C.openapi("io.k8s.api.resource.v1.CapacityRequirements") {
  # How much of what a device has to have.
  requests @0 :List(Meta.TextEntry) $C.proto([1]) $C.format("quantity");
  # By the names of capacities.
}

struct DeviceDerivedAttribute $C.openapi("io.k8s.api.resource.v1.DeviceDerivedAttribute") {
  # An attribute that is computed from others.
  name @0 :Text $C.proto([1]) $C.required;
  # Its name.
  expression @1 :Text $C.proto([2]) $C.required;
  # An expression in CEL.
}

struct CapacityRequestPolicyRange $C.openapi("io.k8s.api.resource.v1.CapacityRequestPolicyRange") {
  # Amounts of a capacity from one to another.
  min @0 :Text $C.proto([1]) $C.format("quantity") $C.required;
  # The least.
  max @1 :Text $C.proto([2]) $C.format("quantity");
  # The most. Absent: all of the capacity.
  step @2 :Text $C.proto([3]) $C.format("quantity");
  # What lies between one amount and the next, from min on. Absent: anything.
}
struct CounterEntry { key @0 :Text; value @1 :Counter; }
# One counter by its name. In JSON the list of entries is an object.
struct DeviceAttributeEntry { key @0 :Text; value @1 :DeviceAttribute; }
# One attribute by its name. In JSON the list of entries is an object.
struct DeviceCapacityEntry { key @0 :Text; value @1 :DeviceCapacity; }
# One capacity by its name. In JSON the list of entries is an object.
struct NodeAllocatableResourceEntry { key @0 :Text; value @1 :NodeAllocatableResource; }
# What is taken of one resource by its name. In JSON the list of entries is an object.
