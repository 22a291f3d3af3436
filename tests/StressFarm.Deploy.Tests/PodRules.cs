using k8s.Models;

namespace StressFarm.Deploy.Tests;

/// <summary>What must be true of every pod, whatever it runs: Kubernetes' "restricted" standard, and a bit more.</summary>
internal static class PodRules
{
    public static IEnumerable<string> Faults(Manifests set) =>
        set.Pods.SelectMany(p => Pod(p.Name, p.Pod).Concat(p.Pod.Spec.Containers.Concat(p.Pod.Spec.InitContainers ?? []).SelectMany(c => Container($"{p.Name}/{c.Name}", c, p.Pod.Spec))));

    private static IEnumerable<string> Pod(string name, V1PodTemplateSpec pod)
    {
        V1PodSecurityContext? context = pod.Spec.SecurityContext;
        if (context?.RunAsNonRoot != true || context.RunAsUser is null or 0) yield return $"{name}: may run as root";
        if (context?.SeccompProfile?.Type != "RuntimeDefault") yield return $"{name}: no seccomp profile";
        if (pod.Spec.AutomountServiceAccountToken != false) yield return $"{name}: is given a token of the cluster";
        if (pod.Spec.EnableServiceLinks != false) yield return $"{name}: is given the addresses of all services";
        if (pod.Spec.HostNetwork == true || pod.Spec.HostPID == true || pod.Spec.HostIPC == true) yield return $"{name}: is in a namespace of the host";
        foreach (V1Volume volume in pod.Spec.Volumes ?? [])
        {
            if (volume.HostPath is not null) yield return $"{name}: mounts the host's {volume.HostPath.Path}";
            if (volume.EmptyDir is { SizeLimit: null }) yield return $"{name}: {volume.Name} has no limit";
            // 0440: a silo refuses a token file that others may read.
            if (volume.Secret is { } secret && secret.DefaultMode != 0x120) yield return $"{name}: others may read {volume.Name}";
        }
    }

    private static IEnumerable<string> Container(string name, V1Container c, V1PodSpec pod)
    {
        if (!Repository.IsPinned(c.Image)) yield return $"{name}: the image {c.Image} is not pinned";
        if (c.SecurityContext?.ReadOnlyRootFilesystem != true) yield return $"{name}: can write to its image";
        if (c.SecurityContext?.AllowPrivilegeEscalation != false || c.SecurityContext.Privileged == true) yield return $"{name}: may gain privileges";
        if (c.SecurityContext?.Capabilities?.Drop?.Contains("ALL") != true || c.SecurityContext.Capabilities.Add is { Count: > 0 }) yield return $"{name}: keeps capabilities";
        foreach (string resource in (string[])["cpu", "memory"])
        {
            if (c.Resources?.Requests?.ContainsKey(resource) != true) yield return $"{name}: requests no {resource}";
            if (c.Resources?.Limits?.ContainsKey(resource) != true) yield return $"{name}: no limit of {resource}";
        }
        foreach (V1VolumeMount mount in c.VolumeMounts ?? [])
        {
            V1Volume? volume = pod.Volumes?.FirstOrDefault(v => v.Name == mount.Name);
            if (volume is null && mount.Name != "data") yield return $"{name}: no volume {mount.Name}";
            if (volume?.Secret is not null && mount.ReadOnlyProperty != true) yield return $"{name}: may write to the secret {mount.Name}";
        }
        foreach (V1EnvVar variable in c.Env ?? [])
            if (variable.Value?.Contains("password=", StringComparison.OrdinalIgnoreCase) == true
                || (variable.Name.Contains("PASSWORD", StringComparison.OrdinalIgnoreCase) && !variable.Name.EndsWith("FILE", StringComparison.Ordinal))) yield return $"{name}: {variable.Name} holds a secret";
        foreach (V1Probe? probe in (IEnumerable<V1Probe?>)[c.StartupProbe, c.LivenessProbe, c.ReadinessProbe])
            if (probe?.HttpGet is { } get && !Ports(c).ContainsKey(get.Port.Value)) yield return $"{name}: a probe asks the port {get.Port.Value}, which it does not have";
        foreach (string fault in Repository.SettingFaults(name, (c.Env ?? []).Select(e => e.Name))) yield return fault;
    }

    /// <summary>A container's ports by name.</summary>
    public static IReadOnlyDictionary<string, int> Ports(V1Container c) => (c.Ports ?? []).ToDictionary(p => p.Name, p => p.ContainerPort);
}
