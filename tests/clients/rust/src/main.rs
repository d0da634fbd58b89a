//! kube-rs: typed and custom objects, server-side apply, a reflector and a controller with a finalizer.
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::StreamExt;
use k8s_openapi::{
    api::core::v1::{ConfigMap, Namespace},
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, CustomResource, CustomResourceExt, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    runtime::{
        WatchStreamExt,
        controller::{Action, Controller},
        finalizer::{Event, finalizer},
        reflector,
        wait::{await_condition, conditions},
        watcher,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const NAMESPACE: &str = "rust";

#[derive(CustomResource, Serialize, Deserialize, Clone, Debug, JsonSchema)]
#[kube(group = "rust.cleat.dev", version = "v1", kind = "Gear", namespaced, status = "GearStatus")]
struct GearSpec {
    #[schemars(range(min = 1))]
    #[serde(default = "three")]
    teeth: i32,
}

fn three() -> i32 {
    3
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, JsonSchema)]
struct GearStatus {
    phase: String,
}

#[derive(Default)]
struct Checks {
    done: u32,
    failed: u32,
}

impl Checks {
    fn check(&mut self, what: &str, holds: bool) {
        self.done += 1;
        self.failed += u32::from(!holds);
        println!("{} {what}", if holds { "ok   " } else { "FAIL " });
    }
}

fn refusal<T>(answer: kube::Result<T>) -> (u16, String) {
    match answer {
        Err(kube::Error::Api(status)) => (status.code, status.reason.clone()),
        Err(other) => (0, other.to_string()),
        Ok(_) => (200, String::new()),
    }
}

async fn until<F: AsyncFnMut() -> bool>(mut holds: F) -> bool {
    for _ in 0..200 {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

async fn typed(client: &Client, checks: &mut Checks) -> anyhow::Result<()> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces.create(&PostParams::default(), &serde_json::from_value(json!({"metadata": {"name": NAMESPACE}}))?).await?;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let apply = PatchParams::apply("rust").force();
    let wanted = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "labels": {"of": "rust"}},
        "data": {"a": "1"}});
    let made = maps.patch("settings", &apply, &Patch::Apply(&wanted)).await?;
    checks.check("server-side apply names its manager", made.managed_fields()[0].manager.as_deref() == Some("rust"));
    let listed = maps.list(&ListParams::default().labels("of=rust")).await?;
    checks.check("a selector finds it", listed.items.len() == 1);
    let only_metadata = maps.list_metadata(&ListParams::default().labels("of=rust")).await?;
    checks.check("a list of metadata alone", only_metadata.items.len() == 1);
    let mut changed = made.clone();
    changed.data = Some(BTreeMap::from([("a".into(), "2".into())]));
    maps.replace("settings", &PostParams::default(), &changed).await?;
    let stale = maps.replace("settings", &PostParams::default(), &changed).await;
    checks.check("an old version is a conflict", refusal(stale) == (409, "Conflict".into()));
    checks.check("what is not there is none", maps.get_opt("none").await?.is_none());
    let merged = maps.patch("settings", &PatchParams::default(), &Patch::Merge(json!({"data": {"a": null}}))).await?;
    checks.check("a merge patch takes away", merged.data.unwrap_or_default().is_empty());
    Ok(())
}

async fn reflecting(client: &Client, checks: &mut Checks) -> anyhow::Result<()> {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    for (name, config) in [("listed", watcher::Config::default()), ("streamed", watcher::Config::default().streaming_lists())] {
        let (reader, writer) = reflector::store();
        let task = tokio::spawn(reflector(writer, watcher(maps.clone(), config)).applied_objects().for_each(|_| async {}));
        reader.wait_until_ready().await?;
        checks.check(&format!("a reflector ({name}) has what there is"),
            reader.state().iter().any(|map| map.name_any() == "settings"));
        let made = serde_json::from_value(json!({"metadata": {"name": name}}))?;
        maps.create(&PostParams::default(), &made).await?;
        let came = until(async || reader.state().iter().any(|map| map.name_any() == name)).await;
        checks.check(&format!("a reflector ({name}) has what comes"), came);
        task.abort();
    }
    Ok(())
}

async fn reconcile(gear: Arc<Gear>, client: Arc<Client>) -> Result<Action, kube::runtime::finalizer::Error<kube::Error>> {
    let gears: Api<Gear> = Api::namespaced(client.as_ref().clone(), NAMESPACE);
    let maps: Api<ConfigMap> = Api::namespaced(client.as_ref().clone(), NAMESPACE);
    let (of_gears, of_maps) = (gears.clone(), maps.clone());
    finalizer(&gears, "rust.cleat.dev/tidy", gear, |event| async move {
        match event {
            Event::Apply(gear) => {
                let name = gear.name_any();
                let child = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("gear-{name}"),
                    "ownerReferences": [gear.controller_owner_ref(&())]}, "data": {"teeth": gear.spec.teeth.to_string()}});
                let apply = PatchParams::apply("gears").force();
                of_maps.patch(&format!("gear-{name}"), &apply, &Patch::Apply(&child)).await?;
                let status = json!({"status": {"phase": format!("{} teeth", gear.spec.teeth)}});
                of_gears.patch_status(&name, &PatchParams::default(), &Patch::Merge(&status)).await?;
            }
            Event::Cleanup(gear) => {
                let left = serde_json::from_value(json!({"metadata": {"name": format!("left-by-{}", gear.name_any())}}))
                    .map_err(kube::Error::SerdeError)?;
                of_maps.create(&PostParams::default(), &left).await?;
            }
        }
        Ok(Action::await_change())
    })
    .await
}

async fn operator(client: &Client, checks: &mut Checks) -> anyhow::Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    definitions.create(&PostParams::default(), &Gear::crd()).await?;
    await_condition(definitions, "gears.rust.cleat.dev", conditions::is_crd_established()).await?;
    let gears: Api<Gear> = Api::namespaced(client.clone(), NAMESPACE);
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let controller = Controller::new(gears.clone(), watcher::Config::default())
        .owns(maps.clone(), watcher::Config::default())
        .run(reconcile, |_, _, _| Action::requeue(Duration::from_secs(1)), Arc::new(client.clone()))
        .for_each(|_| async {});
    let task = tokio::spawn(controller);
    gears.create(&PostParams::default(), &Gear::new("first", GearSpec { teeth: 12 })).await?;
    let bad = gears.create(&PostParams::default(), &Gear::new("bad", GearSpec { teeth: 0 })).await;
    checks.check("a derived schema is kept", refusal(bad) == (422, "Invalid".into()));
    let has_status = until(async || {
        gears.get("first").await.is_ok_and(|gear| gear.status.is_some_and(|status| status.phase == "12 teeth"))
    });
    checks.check("the controller writes a status", has_status.await);
    checks.check("and a child", maps.get("gear-first").await?.data.is_some_and(|data| data["teeth"] == "12"));
    maps.delete("gear-first", &DeleteParams::default()).await?;
    checks.check("which comes back when it goes", until(async || maps.get("gear-first").await.is_ok()).await);
    gears.delete("first", &DeleteParams::default()).await?;
    checks.check("its finalizer runs", until(async || maps.get("left-by-first").await.is_ok()).await);
    checks.check("and lets it go", until(async || gears.get_opt("first").await.is_ok_and(|gear| gear.is_none())).await);
    let collected = until(async || maps.get_opt("gear-first").await.is_ok_and(|map| map.is_none()));
    checks.check("the garbage collector takes the child", collected.await);
    task.abort();
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let client = Client::try_default().await?;
    let mut checks = Checks::default();
    checks.check("the server tells its version", client.apiserver_version().await?.minor.starts_with("37"));
    typed(&client, &mut checks).await?;
    reflecting(&client, &mut checks).await?;
    operator(&client, &mut checks).await?;
    Api::<Namespace>::all(client).delete(NAMESPACE, &DeleteParams::default()).await?;
    println!("{} checks, {} failed", checks.done, checks.failed);
    std::process::exit(i32::from(checks.failed > 0 || checks.done == 0));
}
