// Between the messages of role/runtime.capnp and the plain values that the rest of the plugin works with.
#pragma once

#include "containers/pod_records.h"
#include "images/image_store.h"

#include <cleat/schema/role/runtime.capnp.h>

namespace cleat::runtime {

SandboxRecord sandboxFrom(role::SandboxConfig::Reader config);
ContainerWish containerFrom(role::ContainerConfig::Reader config);
Resources resourcesFrom(role::Resources::Reader resources);

void write(role::Sandbox::Builder to, const SandboxRecord& record, bool ready);
void write(role::Container::Builder to, const ContainerRecord& record, int pid);
void write(role::Image::Builder to, const Image& image);

}  // namespace cleat::runtime
