// The rules for metadata and for label selectors, which are the same for every kind. Names, and what may not change in
// metadata, are checked by the server itself.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/meta.h>

#include "kinds-common/findings.h"

namespace cleat::kinds {

// Which names finalizers may have: those of Kubernetes' own and qualified ones, or any of their form.
enum class FinalizerNames { known, any };

void checkMetadata(meta_v1::ObjectMeta::Reader meta, const Path& path, Findings& findings,
                   FinalizerNames finalizers = FinalizerNames::known);
void checkLabels(TextMapReader labels, const Path& path, Findings& findings);
void checkAnnotations(TextMapReader annotations, const Path& path, Findings& findings);
void checkFinalizers(capnp::List<capnp::Text>::Reader finalizers, const Path& path, Findings& findings,
                     FinalizerNames names = FinalizerNames::known);
// Whether it is one that Kubernetes itself uses.
bool isStandardFinalizer(std::string_view name);
// A key of a label.
void checkLabelName(std::string_view name, const Path& path, Findings& findings);
void checkLabelSelector(meta_v1::LabelSelector::Reader selector, const Path& path, Findings& findings);

// Takes over what clients may write of metadata: labels, annotations, finalizers and owners.
void takeMetadata(meta_v1::ObjectMeta::Builder to, meta_v1::ObjectMeta::Reader from);

bool isEmptySelector(meta_v1::LabelSelector::Reader selector);
// As errors show them: {"matchLabels":{"app":"web"}}, {"app":"web"}.
Shown shownSelector(meta_v1::LabelSelector::Reader selector);
Shown shownMap(TextMapReader map);

}  // namespace cleat::kinds
