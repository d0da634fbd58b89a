@0xa7f04d92c81b3e65;
# The role `addon`: brings objects that the cluster is to have, such as a service with its endpoints, or a deployment with its account.
# Any number of plugins fill it ([roles] addon). The server applies what each brings, as the plugin's own user and with no more than its
# grants, keeps it as it is brought, and takes away what it brings no longer.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Addon {
  bring @0 () -> AddonObjects;
  # What there is to be now. Asked every few seconds: answers at once.
}

struct AddonObjects {
  objects @0 :List(AddonObject);
  # In the order in which they are made.
  isComplete @1 :Bool;
  # Whether that is all. Until it is, nothing is taken away, and it is asked again sooner.
}

struct AddonObject {
  manifest @0 :Text;
  # JSON, with apiVersion, kind and metadata.name. What it says is applied; fields that it does not name are others' business.
  isReplaceable @1 :Bool;
  # One that cannot be changed into this (a field is immutable) is deleted and made anew.
  isLeftAlone @2 :Bool;
  # Made where there is none; what others make of it afterwards stays.
}
