// PodLedger: the pods of each set with what its controller asks of them, worked out once for each version of a pod. A
// set of ten thousand is looked at after every change of one of them, and reading all of them each time took most of
// that look.
//
//   Informer<Pod> pods_{context()};
//   PodLedger ledger_{pods_};                  // before whoever else is told of changes and looks here
//   …
//   std::vector<KnownPod>& pods = ledger_.of(set.uid(), judge);   // in `reconcile`, not kept beyond a co_await
//
// On the plugin's strand. Holds the pods that the informer holds, and no others.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/pod_ranking.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/text_table.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat {

struct KnownPod {
  Object<core_v1::Pod> pod;
  DeletionTraits traits;
  bool isTerminating = false;
  // As the set's spec of generation `judgedBy` has it: by its selector, and with all labels of its template.
  bool isSelected = false, isLabelled = false;
  int64_t judgedBy = -1;
};

// What pods are held against: the set's spec of one generation.
struct PodJudge {
  int64_t generation = 0;
  LabelSelector selector, labels;
};

class PodLedger {
 public:
  explicit PodLedger(Informer<core_v1::Pod>& pods);

  // Those that have the set as their controller, in no order. Empty where there are none.
  const std::vector<KnownPod>& of(std::string_view setUid, const PodJudge& judge);
  // The same, without a word about selectors.
  const std::vector<KnownPod>& of(std::string_view setUid) const;

 private:
  struct SetPods {
    std::vector<KnownPod> pods;
    TextTable<size_t> places;  // by uid
  };
  void put(const std::string& setUid, const Object<core_v1::Pod>& pod);
  void remove(const std::string& setUid, const Object<core_v1::Pod>& pod);

  TextTable<SetPods> sets_;
  std::vector<KnownPod> none_;
};

}  // namespace cleat
