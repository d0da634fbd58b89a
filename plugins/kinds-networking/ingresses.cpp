// Ingress and IngressClass. What carries them out is an ingress controller, which is no part of the server.
#include <cleat/sdk/meta.h>

#include <array>
#include <set>

#include "kinds-common/addresses.h"
#include "kinds-common/names.h"
#include "kinds-networking/networking_kinds.h"

namespace cleat::kinds::networking {

using networking_v1::Ingress;
using networking_v1::IngressClass;

namespace {

constexpr const char* kClassAnnotation = "kubernetes.io/ingress.class";
constexpr const char* kDefaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class";
constexpr size_t kMaxController = 250;
constexpr std::array<const char*, 5> kForbiddenInPaths{"//", "/./", "/../", "%2f", "%2F"};
constexpr std::array<const char*, 2> kForbiddenAtEnd{"/..", "/."};

void checkSegment(capnp::Text::Reader text, const Path& path, Findings& findings) {
  if (text.size() == 0) return findings.required(path);
  findings.invalidEach(path, text, wrongPathSegment(view(text)));
}

// What points at an object of any kind: core_v1::TypedLocalObjectReference, or the parameters of a class.
template <class Reference>
void checkReference(Reference reference, const Path& path, Findings& findings) {
  if (reference.hasApiGroup()) {
    findings.invalidEach(path / "apiGroup", reference.getApiGroup(),
                         wrongDns1123Subdomain(view(reference.getApiGroup())));
  }
  checkSegment(reference.getKind(), path / "kind", findings);
  checkSegment(reference.getName(), path / "name", findings);
}

void checkServiceBackend(networking_v1::IngressServiceBackend::Reader service, const Path& backend,
                         Findings& findings) {
  const Path path = backend / "service";
  if (service.getName().size() == 0) {
    findings.required(path / "name");
  } else {
    findings.invalidEach(path / "name", service.getName(), wrongDns1123Label(view(service.getName())));
  }
  auto name = service.getPort().getName();
  const int32_t number = service.getPort().getNumber();
  if (name.size() > 0 && number != 0) {
    findings.invalid(backend, "", "cannot set both port name & port number");
  } else if (name.size() > 0) {
    findings.invalidEach(path / "port" / "name", name, wrongPortName(view(name)));
  } else if (number != 0) {
    findings.invalidEach(path / "port" / "number", number, wrongPortNumber(number));
  } else {
    findings.required(backend, "port name or number is required");
  }
}

void checkBackend(networking_v1::IngressBackend::Reader backend, const Path& path, Findings& findings) {
  if (backend.hasResource() && backend.hasService()) {
    return findings.invalid(path, "", "cannot set both resource and service backends");
  }
  if (backend.hasResource()) return checkReference(backend.getResource(), path / "resource", findings);
  if (backend.hasService()) return checkServiceBackend(backend.getService(), path, findings);
  findings.invalid(path, "", "resource or service backend is required");
}

void checkPathText(std::string_view text, const Path& path, Findings& findings) {
  if (!text.starts_with('/')) findings.invalid(path, text, "must be an absolute path");
  for (const char* sequence : kForbiddenInPaths) {
    if (text.find(sequence) != std::string_view::npos) {
      findings.invalid(path, text, concat("must not contain '", sequence, "'"));
    }
  }
  for (const char* end : kForbiddenAtEnd) {
    if (text.ends_with(end)) findings.invalid(path, text, concat("cannot end with '", end, "'"));
  }
}

void checkPath(networking_v1::HTTPIngressPath::Reader rule, const Path& path, Findings& findings) {
  const std::string_view type = view(rule.getPathType()), text = view(rule.getPath());
  if (!rule.hasPathType()) return findings.required(path / "pathType", "pathType must be specified");
  if (type == "Exact" || type == "Prefix") {
    checkPathText(text, path / "path", findings);
  } else if (type != "ImplementationSpecific") {
    checkOneOf(type, path / "pathType", {"Exact", "ImplementationSpecific", "Prefix"}, findings);
  } else if (!text.empty() && !text.starts_with('/')) {
    findings.invalid(path / "path", text, "must be an absolute path");
  }
  checkBackend(rule.getBackend(), path / "backend", findings);
}

bool isWildcard(std::string_view host) { return host.find('*') != std::string_view::npos; }

Wrongs wrongHost(std::string_view host) {
  return isWildcard(host) ? wrongWildcardSubdomain(host) : wrongDns1123Subdomain(host);
}

void checkPaths(networking_v1::IngressRule::Reader rule, const Path& path, Findings& findings) {
  if (!rule.hasHttp()) return;
  auto paths = rule.getHttp().getPaths();
  const Path at = path / "http" / "paths";
  if (paths.size() == 0) findings.required(at);
  for (uint32_t i = 0; i < paths.size(); ++i) checkPath(paths[i], at[i], findings);
}

// What has been stored under older rules may stay.
struct Leniency {
  bool secretNames = false, wildcardRules = false;
};

Leniency leniencyFor(Ingress::Reader old) {
  Leniency allows;
  for (auto tls : old.getSpec().getTls()) {
    const std::string_view name = view(tls.getSecretName());
    allows.secretNames |= !name.empty() && !wrongDns1123Subdomain(name).empty();
  }
  for (auto rule : old.getSpec().getRules()) {
    if (!isWildcard(view(rule.getHost()))) continue;
    Findings ofOld;
    checkPaths(rule, Path("spec"), ofOld);
    allows.wildcardRules |= !ofOld.empty();
  }
  return allows;
}

void checkRules(networking_v1::IngressSpec::Reader spec, Leniency allows, Findings& findings) {
  auto rules = spec.getRules();
  for (uint32_t i = 0; i < rules.size(); ++i) {
    const Path path = (Path("spec") / "rules")[i];
    const std::string_view host = view(rules[i].getHost());
    if (!host.empty()) {
      if (Ip::parse(host)) findings.invalid(path / "host", host, "must be a DNS name, not an IP address");
      findings.invalidEach(path / "host", host, wrongHost(host));
    }
    if (!isWildcard(host) || !allows.wildcardRules) checkPaths(rules[i], path, findings);
  }
}

void checkTls(networking_v1::IngressSpec::Reader spec, Leniency allows, Findings& findings) {
  auto all = spec.getTls();
  for (uint32_t i = 0; i < all.size(); ++i) {
    const Path path = (Path("spec") / "tls")[i];
    auto hosts = all[i].getHosts();
    for (uint32_t j = 0; j < hosts.size(); ++j) {
      findings.invalidEach((path / "hosts")[j], hosts[j], wrongHost(view(hosts[j])));
    }
    auto secret = all[i].getSecretName();
    if (secret.size() > 0 && !allows.secretNames) {
      findings.invalidEach(path / "secretName", secret, wrongDns1123Subdomain(view(secret)));
    }
  }
}

void checkSpec(networking_v1::IngressSpec::Reader spec, Leniency allows, Findings& findings) {
  const Path path("spec");
  if (spec.getRules().size() == 0 && !spec.hasDefaultBackend()) {
    findings.invalid(path, spec.hasRules() ? Shown::plain("[]") : Shown::null(),
                     "either `defaultBackend` or `rules` must be specified");
  }
  if (spec.hasDefaultBackend()) checkBackend(spec.getDefaultBackend(), path / "defaultBackend", findings);
  checkRules(spec, allows, findings);
  checkTls(spec, allows, findings);
  if (spec.hasIngressClassName()) {
    findings.invalidEach(path / "ingressClassName", spec.getIngressClassName(),
                         wrongDns1123Subdomain(view(spec.getIngressClassName())));
  }
}

// The annotation by which a class was named before there was a field.
void checkClassAnnotation(Ingress::Reader ingress, Findings& findings) {
  auto named = annotation(ingress.getMetadata(), kClassAnnotation);
  if (!named) return;
  if (!ingress.getSpec().hasIngressClassName()) {
    return findings.warn(
        concat("annotation ", quoted(kClassAnnotation), " is deprecated, please use 'spec.ingressClassName' instead"));
  }
  if (*named != view(ingress.getSpec().getIngressClassName())) {
    findings.invalid(Path("annotations") / kClassAnnotation, *named,
                     "must match `ingressClassName` when both are specified");
  }
}

void checkStatus(const Change<Ingress>& change, Findings& findings) {
  std::set<std::string_view> had;
  if (change.old) {
    for (auto place : change.old->getStatus().getLoadBalancer().getIngress()) had.insert(view(place.getIp()));
  }
  auto places = change.object.getStatus().getLoadBalancer().getIngress();
  for (uint32_t i = 0; i < places.size(); ++i) {
    const Path path = (Path("status") / "loadBalancer" / "ingress")[i];
    const std::string_view text = view(places[i].getIp()), host = view(places[i].getHostname());
    if (!text.empty()) {
      auto ip = had.contains(text) ? Ip::parse(text) : checkStrictIp(text, path / "ip", findings);
      if (ip) warnOfIp(text, path, findings);
    }
    if (host.empty()) continue;
    findings.invalidEach(path / "hostname", host, wrongDns1123Subdomain(host));
    if (Ip::parse(host)) findings.invalid(path / "hostname", host, "must be a DNS name, not an IP address");
  }
}

void validateIngress(const Change<Ingress>& change, Findings& findings) {
  if (change.isStatus()) return checkStatus(change, findings);
  checkSpec(change.object.getSpec(), change.old ? leniencyFor(*change.old) : Leniency(), findings);
  if (change.isCreate()) checkClassAnnotation(change.object, findings);
}

constexpr size_t kHostsShown = 3;

std::string hostsText(capnp::List<networking_v1::IngressRule>::Reader rules) {
  std::vector<std::string> hosts;
  bool more = false;
  for (auto rule : rules) {
    more |= hosts.size() == kHostsShown;
    if (!more && rule.getHost().size() > 0) hosts.push_back(str(rule.getHost()));
  }
  if (hosts.empty()) return "*";
  const std::string text = joined(hosts, ",");
  return more ? concat(text, " + ", rules.size() - kHostsShown, " more...") : text;
}

std::string addressesText(Ingress::Reader ingress) {
  std::set<std::string> addresses;
  for (auto place : ingress.getStatus().getLoadBalancer().getIngress()) {
    if (place.getIp().size() > 0) {
      addresses.insert(str(place.getIp()));
    } else if (place.getHostname().size() > 0) {
      addresses.insert(str(place.getHostname()));
    }
  }
  return joined(addresses, ",");
}

void printIngress(Ingress::Reader ingress, Cells& cells) {
  auto spec = ingress.getSpec();
  cells.text(ingress.getMetadata().getName());
  cells.text(spec.hasIngressClassName() ? view(spec.getIngressClassName()) : "<none>");
  cells.text(hostsText(spec.getRules()));
  cells.text(addressesText(ingress));
  cells.text(spec.getTls().size() > 0 ? "80, 443" : "80");
  cells.age(ingress.getMetadata().getCreationTimestamp());
}

void setClassDefaults(IngressClass::Builder made, const Change<IngressClass>&) {
  if (!made.getSpec().hasParameters()) return;
  auto parameters = made.getSpec().getParameters();
  if (!parameters.hasScope()) parameters.setScope("Cluster");
}

void checkParameters(networking_v1::IngressClassParametersReference::Reader parameters, Findings& findings) {
  const Path path = Path("spec") / "parameters";
  checkReference(parameters, path, findings);
  const std::string_view scope = view(parameters.getScope());
  if (scope == "Namespace") {
    if (!parameters.hasNamespace()) {
      return findings.required(path / "namespace", "`parameters.scope` is set to 'Namespace'");
    }
    findings.invalidEach(path / "namespace", parameters.getNamespace(),
                         wrongDns1123Label(view(parameters.getNamespace())));
  } else if (scope != "Cluster") {
    checkOneOf(scope, path / "scope", {"Cluster", "Namespace"}, findings);
  } else if (parameters.hasNamespace()) {
    findings.forbidden(path / "namespace", "`parameters.scope` is set to 'Cluster'");
  }
}

void checkController(capnp::Text::Reader controller, Findings& findings) {
  const Path path = Path("spec") / "controller";
  const std::string_view text = view(controller);
  if (text.size() > kMaxController) findings.tooLong(path, kMaxController);
  if (text.empty()) return findings.required(path);
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) {
    return findings.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
  }
  const std::string_view domain = text.substr(0, slash), rest = text.substr(slash + 1);
  findings.invalidEach(path, domain, wrongDns1123Subdomain(domain));
  findings.invalidEach(path, rest, wrongHttpPath(rest));
}

void validateClass(const Change<IngressClass>& change, Findings& findings) {
  auto spec = change.object.getSpec();
  if (change.old && view(change.old->getSpec().getController()) != view(spec.getController())) {
    findings.invalid(Path("spec") / "controller", spec.getController(), kImmutable);
  }
  checkController(spec.getController(), findings);
  if (spec.hasParameters()) checkParameters(spec.getParameters(), findings);
}

void printClass(IngressClass::Reader shown, Cells& cells) {
  auto meta = shown.getMetadata();
  auto parameters = shown.getSpec().getParameters();
  const bool isDefault = annotation(meta, kDefaultClassAnnotation) == "true";
  std::string text = shown.getSpec().hasParameters() ? str(parameters.getKind()) : "<none>";
  if (parameters.hasApiGroup()) text = concat(text, ".", view(parameters.getApiGroup()));
  if (shown.getSpec().hasParameters()) text = concat(text, "/", view(parameters.getName()));
  cells.text(concat(view(meta.getName()), isDefault ? " (default)" : ""));
  cells.text(shown.getSpec().getController());
  cells.text(text);
  cells.age(meta.getCreationTimestamp());
}

}  // namespace

void addIngresses(KindTable& table) {
  table.add<Ingress>({.structFile = kSchemaFile,
                      .shortNames = {"ing"},
                      .columns = {nameColumn(),
                                  {"Class", "string", "The class that it belongs to."},
                                  {"Hosts", "string", "The hosts that have rules."},
                                  {"Address", "string", "Where it can be reached."},
                                  {"Ports", "string", "The ports that are open."},
                                  ageColumn()},
                      .hasStatus = true},
                     {nullptr, validateIngress, printIngress});
  table.addStatus<Ingress>();
  table.add<IngressClass>({.structFile = kSchemaFile,
                           .columns = {nameColumn(),
                                       {"Controller", "string", "Who serves the class."},
                                       {"Parameters", "string", "An object with settings for the controller."},
                                       ageColumn()}},
                          {setClassDefaults, validateClass, printClass});
}

}  // namespace cleat::kinds::networking
