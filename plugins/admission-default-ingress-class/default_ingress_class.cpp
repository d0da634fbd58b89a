// Gives Ingresses that name no class the default one.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/meta.h>

#include <utility>

using namespace cleat;
using networking_v1::Ingress;
using networking_v1::IngressClass;

namespace {

constexpr const char* kClassAnnotation = "kubernetes.io/ingress.class";
constexpr const char* kDefaultAnnotation = "ingressclass.kubernetes.io/is-default-class";

// Whether `a` goes before `b` where both are the default: the newer one, of two of the same second the first by name.
bool isPreferred(const Object<IngressClass>& a, const Object<IngressClass>& b) {
  const std::string_view madeA = view(a.meta().getCreationTimestamp()), madeB = view(b.meta().getCreationTimestamp());
  return std::pair(madeB, a.name()) < std::pair(madeA, b.name());
}

class DefaultIngressClass : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    classes_.start();
    co_return Result<void>();
  }

  std::vector<AdmissionInterest> interests() override {
    return {{.group = "networking.k8s.io",
             .resource = "ingresses",
             .operations = {role::Operation::CREATE},
             .mutates = true}};
  }

  Task<Result<void>> mutate(AdmissionRequest& request) override {
    const Object<Ingress> ingress = request.object<Ingress>();
    if (ingress->getSpec().hasIngressClassName()) co_return Result<void>();
    if (annotation(ingress.meta(), kClassAnnotation)) co_return Result<void>();
    co_await classes_.waitSynced();
    const Object<IngressClass> chosen = defaultClass();
    if (!chosen) co_return Result<void>();
    Draft<Ingress> draft(ingress);
    draft->getSpec().setIngressClassName(str(chosen.name()));
    request.replace(std::move(draft));
    co_return Result<void>();
  }

 private:
  Object<IngressClass> defaultClass() const {
    Object<IngressClass> chosen;
    classes_.forEach([&](const Object<IngressClass>& candidate) {
      if (annotation(candidate.meta(), kDefaultAnnotation) != "true") return;
      if (!chosen || isPreferred(candidate, chosen)) chosen = candidate;
    });
    return chosen;
  }

  Informer<IngressClass> classes_{context()};
};

}  // namespace

CLEAT_PLUGIN(DefaultIngressClass, .name = "admission-default-ingress-class", .version = "0.1.0", .maturity = "beta",
             .roles = "admission", .grants = "networking.k8s.io ingressclasses list,watch\n");
