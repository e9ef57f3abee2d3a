//! Where a generated crate lies: the way to this workspace, and the workspace that is around it.

use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

use crate::manifest::Standing;

/// The way from `folder` to `target`, which exists. Links are followed, so that `..` means what it says.
pub fn way(folder: &Path, target: &Path) -> PathBuf {
    let (from, to) = (real(folder), real(target));
    let common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    if common == 0 {
        return to;
    }
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(common)).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

/// An absolute path without links, as far as the folders exist.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for ancestor in absolute.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            let rest = absolute.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    absolute
}

/// Whether a crate in `folder` has to say that it is a workspace of its own.
pub fn standing(folder: &Path) -> Standing {
    let folder = real(folder);
    for around in folder.ancestors().skip(1) {
        let Ok(text) = std::fs::read_to_string(around.join("Cargo.toml")) else { continue };
        let Ok(manifest) = text.parse::<Table>() else { continue };
        let Some(workspace) = manifest.get("workspace") else { continue };
        let Ok(place) = folder.strip_prefix(around) else { continue };
        let lists = |key: &str, fits: fn(&Path, &Path) -> bool| {
            let entries = workspace.get(key).and_then(Value::as_array);
            entries.into_iter().flatten().filter_map(Value::as_str).any(|entry| fits(Path::new(entry), place))
        };
        let belongs = lists("exclude", |entry, place| place.starts_with(entry)) || lists("members", matches);
        return if belongs { Standing::Plain } else { Standing::Alone };
    }
    Standing::Plain
}

/// Whether a pattern such as `clients/*` means that place.
fn matches(pattern: &Path, place: &Path) -> bool {
    let pattern: Vec<_> = pattern.components().filter(|part| *part != Component::CurDir).collect();
    pattern.len() == place.components().count()
        && pattern.iter().zip(place.components()).all(|(pattern, part)| {
            let (pattern, part) = (pattern.as_os_str().to_string_lossy(), part.as_os_str().to_string_lossy());
            match pattern.split_once('*') {
                Some((start, end)) => {
                    part.len() >= start.len() + end.len() && part.starts_with(start) && part.ends_with(end)
                }
                None => pattern == part,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_to_the_target() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        std::fs::create_dir_all(path("a/b")).unwrap();
        for (from, to, expected) in
            [("a/b/new/deep", "", "../../../.."), ("", "a/b", "a/b"), ("a", "a", "."), ("x", "a", "../a")]
        {
            assert_eq!(way(&path(from), &path(to)), Path::new(expected), "{from} {to}");
        }
    }

    #[test]
    fn a_crate_stands_alone_in_a_workspace_that_does_not_list_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("clients/billing");
        for (manifest, standing_of) in [
            ("[package]\nname = 'a'\n", Standing::Plain),
            ("[workspace]\nmembers = ['app']\n", Standing::Alone),
            ("[workspace]\nmembers = ['clients/billing']\n", Standing::Plain),
            ("[workspace]\nmembers = ['./clients/*']\n", Standing::Plain),
            ("[workspace]\nmembers = ['clients/b*g']\n", Standing::Plain),
            ("[workspace]\nmembers = ['*']\n", Standing::Alone),
            ("[workspace]\nexclude = ['clients']\n", Standing::Plain),
            ("no manifest", Standing::Plain),
        ] {
            std::fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
            assert_eq!(standing(&folder), standing_of, "{manifest}");
        }
    }
}
