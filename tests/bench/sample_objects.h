// Objects as they are in life, for the benchmarks: a pod of about 4 KiB, a Deployment, a ConfigMap of 1 KiB.
#pragma once

#include <string>

namespace cleat::bench {

inline std::string containerJson(const std::string& name) {
  return R"({"name":")" + name +
         R"(","image":"registry.example.com/shop/frontend:v1.42.0","args":["--listen=:8080","--log-level=info"],)"
         R"("ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"env":[{"name":"POD_NAME","valueFrom":{"fieldRef":)"
         R"({"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"MODE","value":"production"},{"name":"GREETING","value":"say \"hello\"\n"}],)"
         R"("resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},)"
         R"("volumeMounts":[{"name":"config","readOnly":true,"mountPath":"/etc/shop"},{"name":"kube-api-access-x7k2p",)"
         R"("readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"livenessProbe":{"httpGet":)"
         R"({"path":"/healthz","port":"http","scheme":"HTTP"},"initialDelaySeconds":5,"timeoutSeconds":1,"periodSeconds":10,)"
         R"("successThreshold":1,"failureThreshold":3},"terminationMessagePath":"/dev/termination-log",)"
         R"("terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent","securityContext":{"runAsUser":1000,"runAsNonRoot":true}})";
}

inline std::string podJson() {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"frontend-7d9c5b8f6d-x2x9z","generateName":"frontend-7d9c5b8f6d-",)"
         R"("namespace":"shop","uid":"0e9b4d1e-7f6a-4c0e-9a51-6a4f0a3d9c11","resourceVersion":"184467","creationTimestamp":"2026-03-01T12:00:00Z",)"
         R"("labels":{"app.kubernetes.io/name":"frontend","pod-template-hash":"7d9c5b8f6d","tier":"web"},"annotations":)"
         R"({"example.com/checksum":"4f5d2c"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"frontend-7d9c5b8f6d",)"
         R"("uid":"5c0f1a52-98a1-41de-a1cd-4d4b4d3c0f6a","controller":true,"blockOwnerDeletion":true}]},"spec":{"volumes":[{"name":"config",)"
         R"("configMap":{"name":"frontend","defaultMode":420}},{"name":"kube-api-access-x7k2p","projected":{"sources":[{"serviceAccountToken":)"
         R"({"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],)"
         R"("defaultMode":420}}],"containers":[)" +
         containerJson("frontend") + "," + containerJson("sidecar") +
         R"(],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default",)"
         R"("nodeName":"node-17","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready",)"
         R"("operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true},"status":)"
         R"({"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-03-01T12:00:05Z"},{"type":"PodScheduled",)"
         R"("status":"True","lastTransitionTime":"2026-03-01T12:00:00Z"}],"hostIP":"192.0.2.17","podIP":"10.244.3.7","startTime":"2026-03-01T12:00:00Z",)"
         R"("containerStatuses":[{"name":"frontend","state":{"running":{"startedAt":"2026-03-01T12:00:03Z"}},"lastState":{},"ready":true,)"
         R"("restartCount":0,"image":"registry.example.com/shop/frontend:v1.42.0","imageID":"sha256:6c9e2f4e","started":true}],"qosClass":"Burstable"}})";
}

// `tag`: of its image.
inline std::string deploymentJson(const std::string& tag = "v1.42.0") {
  std::string container = containerJson("frontend");
  container.replace(container.find("v1.42.0"), 7, tag);
  return R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"frontend","namespace":"shop",)"
         R"("labels":{"app.kubernetes.io/name":"frontend","tier":"web"},"annotations":{"example.com/checksum":"4f5d2c"}},)"
         R"("spec":{"replicas":3,"selector":{"matchLabels":{"app.kubernetes.io/name":"frontend"}},"template":{"metadata":)"
         R"({"labels":{"app.kubernetes.io/name":"frontend","tier":"web"}},"spec":{"volumes":[{"name":"config","configMap":)"
         R"({"name":"frontend","defaultMode":420}},{"name":"kube-api-access-x7k2p","emptyDir":{}}],"containers":[)" +
         container +
         R"(],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},)"
         R"("schedulerName":"default-scheduler"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%",)"
         R"("maxSurge":"25%"}},"revisionHistoryLimit":10,"progressDeadlineSeconds":600}})";
}

inline std::string configMapJson() {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"frontend","namespace":"shop"},"data":{"k":")" +
         std::string(900, 'x') + "\"}}";
}

}  // namespace cleat::bench
