// Base classes for plugins that fill roles: the methods are virtual functions, and nothing needs registering.
//
//   class Network : public NetworkPlugin {
//    public:
//     using NetworkPlugin::NetworkPlugin;
//     Task<Result<void>> teardown(role::NetworkParams::Reader params, Call<void>& call) override;
//   };
//
// The functions of a role are those of its schema (sdk/schema/role says what each is asked and what it answers). One
// that is not overridden answers 405, as a method does that nobody serves. A plugin with two roles derives from both:
// RolePlugin<role::AuthorizerRole, AdmissionRole>. More convenient bases are in admission.h and controller_plugin.h.
#pragma once

#include <cleat/schema/role/authn.role.h>
#include <cleat/schema/role/authz.role.h>
#include <cleat/schema/role/kinds.role.h>
#include <cleat/schema/role/network.role.h>
#include <cleat/schema/role/runtime.role.h>
#include <cleat/sdk/plugin.h>

namespace cleat {

template <class... Roles>
class RolePlugin : public Plugin, public Roles... {
 public:
  using Plugin::Plugin;

 private:
  void serveRoles() final { (Roles::serveMethods(context()), ...); }
};

using AuthenticatorPlugin = RolePlugin<role::AuthenticatorRole>;
using AuthorizerPlugin = RolePlugin<role::AuthorizerRole>;
using NetworkPlugin = RolePlugin<role::NetworkRole>;
using RuntimePlugin = RolePlugin<role::RuntimeRole>;

}  // namespace cleat
