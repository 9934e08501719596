// SPDX-License-Identifier: Apache-2.0
//! Downloads with the hf-hub crate into its cache and prints where: a file, or with no path the whole repository.
//!
//! usage: hf-hub-client model|dataset|space OWNER/NAME [PATH]

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use hf_hub::repository::RepoType;
use hf_hub::{split_id, HFClientSync, HFRepositorySync, HFResult};

const USAGE: &str = "usage: hf-hub-client model|dataset|space OWNER/NAME [PATH]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (kind, id, path) = match arguments.as_slice() {
        [kind, id] => (kind, id, None),
        [kind, id, path] => (kind, id, Some(path.clone())),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match download(kind, id, path) {
        Ok(place) => {
            println!("{}", place.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn download(kind: &str, id: &str, path: Option<String>) -> HFResult<PathBuf> {
    let client = HFClientSync::new()?;
    let (owner, name) = split_id(id);
    match kind {
        "dataset" => from(client.dataset(owner, name), path),
        "space" => from(client.space(owner, name), path),
        _ => from(client.model(owner, name), path),
    }
}

fn from<T: RepoType>(repository: HFRepositorySync<T>, path: Option<String>) -> HFResult<PathBuf> {
    match path {
        Some(path) => repository.download_file().filename(path).send(),
        None => repository.snapshot_download().send(),
    }
}
