// The words by which those who bind, provision, place and mount volumes tell each other how far they are.
#pragma once

namespace cleat::volumes {

// On claims and volumes: their binding is complete, as far as the claim is concerned; and who chose the partner was a
// controller, so that a controller may undo it.
inline constexpr const char* kBindCompleted = "pv.kubernetes.io/bind-completed";
inline constexpr const char* kBoundByController = "pv.kubernetes.io/bound-by-controller";
// On volumes: which provisioner has made it.
inline constexpr const char* kProvisionedBy = "pv.kubernetes.io/provisioned-by";
// On volumes of a type that is no driver's: which driver looks after it even so.
inline constexpr const char* kMigratedTo = "pv.kubernetes.io/migrated-to";
// On claims: who is asked to make a volume for it, by its name of today and the one before.
inline constexpr const char* kStorageProvisioner = "volume.kubernetes.io/storage-provisioner";
inline constexpr const char* kBetaStorageProvisioner = "volume.beta.kubernetes.io/storage-provisioner";
// On claims whose class waits for a consumer: the node that the scheduler has chosen for that.
inline constexpr const char* kSelectedNode = "volume.kubernetes.io/selected-node";

// Of a class that is no provisioner's: its volumes are made by people.
inline constexpr const char* kNoProvisioner = "kubernetes.io/no-provisioner";

inline constexpr const char* kStorage = "storage";  // the resource

}  // namespace cleat::volumes
