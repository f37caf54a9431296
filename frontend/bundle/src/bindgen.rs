//! The JavaScript glue, by the library behind the `wasm-bindgen` program, so one `Cargo.lock` holds both halves at one version.

use crate::error::BundleError;
use std::path::Path;
use wasm_bindgen_cli_support::Bindgen;

/// The module with its glue.
#[derive(Debug)]
pub struct Glue {
    /// The ES module.
    pub javascript: String,
    /// The module it loads.
    pub wasm: Vec<u8>,
    /// Further ES modules by path relative to the glue.
    pub snippets: Vec<(String, String)>,
}

/// Runs wasm-bindgen over `module` for the web.
pub fn run(module: &Path, debug: bool) -> Result<Glue, BundleError> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("app").debug(debug).keep_debug(debug).typescript(false).omit_default_module_path(true);
    bindgen.remove_name_section(!debug).remove_producers_section(!debug);
    let mut output = bindgen.web(true).and_then(Bindgen::generate_output).map_err(|error| BundleError::Bindgen(format!("{error:#}")))?;
    let wasm = output.wasm_mut().emit_wasm();
    let mut snippets = Vec::new();
    for (identifier, list) in output.snippets() {
        for (index, text) in list.iter().enumerate() {
            snippets.push((format!("snippets/{identifier}/inline{index}.js"), text.clone()));
        }
    }
    for (path, text) in output.local_modules() {
        snippets.push((format!("snippets/{path}"), text.clone()));
    }
    Ok(Glue { javascript: output.js().to_owned(), wasm, snippets })
}
