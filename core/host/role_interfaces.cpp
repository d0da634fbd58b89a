#include "core/host/role_interfaces.h"

#include <cleat/schema/bus.capnp.h>
#include <cleat/schema/role/admission.capnp.h>
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/schema/role/authz.capnp.h>
#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/schema/role/network.capnp.h>
#include <cleat/schema/role/runtime.capnp.h>

#include <vector>

namespace cleat::host {
namespace {

struct RoleInterface {
  uint64_t id;
  std::string_view role, name;
  capnp::InterfaceSchema schema;
};

template <class Interface>
RoleInterface entry(std::string_view role, std::string_view name) {
  return {capnp::typeId<Interface>(), role, name, capnp::Schema::from<Interface>()};
}

const std::vector<RoleInterface>& interfaces() {
  static const std::vector<RoleInterface> all = {
      entry<role::Kinds>("kinds", "Kinds"),
      entry<role::Authenticator>("authenticator", "Authenticator"),
      entry<role::Authorizer>("authorizer", "Authorizer"),
      entry<role::Admission>("admission", "Admission"),
      entry<role::Runtime>("runtime", "Runtime"),
      entry<role::Network>("network", "Network"),
      entry<wire::Cluster>("", "Cluster"),
  };
  return all;
}

const RoleInterface* find(uint64_t id) {
  for (const auto& known : interfaces()) {
    if (known.id == id) return &known;
  }
  return nullptr;
}

}  // namespace

std::string_view roleOf(uint64_t interfaceId) {
  const RoleInterface* known = find(interfaceId);
  return known ? known->role : std::string_view();
}

std::string methodName(uint64_t interfaceId, uint16_t method) {
  const RoleInterface* known = find(interfaceId);
  if (!known) return "method " + std::to_string(method) + " of an unknown interface";
  auto methods = known->schema.getMethods();
  std::string name(known->name);
  return name + "." + (method < methods.size() ? methods[method].getProto().getName().cStr() : std::to_string(method));
}

std::optional<capnp::StructSchema> paramsOf(uint64_t interfaceId, uint16_t method) {
  const RoleInterface* known = find(interfaceId);
  if (!known || method >= known->schema.getMethods().size()) return std::nullopt;
  return known->schema.getMethods()[method].getParamType();
}

std::optional<capnp::StructSchema> resultsOf(uint64_t interfaceId, uint16_t method) {
  const RoleInterface* known = find(interfaceId);
  if (!known || method >= known->schema.getMethods().size()) return std::nullopt;
  return known->schema.getMethods()[method].getResultType();
}

uint64_t clusterInterface() { return capnp::typeId<wire::Cluster>(); }
uint64_t kindsInterface() { return capnp::typeId<role::Kinds>(); }
uint64_t admissionInterface() { return capnp::typeId<role::Admission>(); }
uint64_t authenticatorInterface() { return capnp::typeId<role::Authenticator>(); }
uint64_t authorizerInterface() { return capnp::typeId<role::Authorizer>(); }

}  // namespace cleat::host
