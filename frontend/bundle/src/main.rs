//! `bundle`: the build tool of the browser's half. The Makefile calls it; `--help` is the usage line of an error.

use bundle::error::BundleError;
use bundle::{Options, bundle, optimise};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match arguments().and_then(|(options, budget)| run(&options, budget)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bundle: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, budget: Option<u64>) -> Result<(), BundleError> {
    let report = bundle(options)?;
    print!("{report}");
    match (budget, report.first_visit()) {
        (None, _) | (_, None) => Ok(()),
        (Some(_), Some(_)) if !report.optimised => {
            println!(
                "size gate: not run, because no usable wasm-opt was found and the module is larger than it would be (npm package binaryen, release 117 or later)"
            );
            Ok(())
        }
        (Some(budget), Some(actual)) if actual > budget => Err(BundleError::OverBudget { actual, budget }),
        (Some(budget), Some(actual)) => {
            println!("size gate: {actual} of {budget} bytes");
            Ok(())
        }
    }
}

fn arguments() -> Result<(Options, Option<u64>), BundleError> {
    let usage = |message: &str| BundleError::Usage(message.to_owned());
    let (mut wasm, mut style, mut out, mut dev, mut wasm_opt, mut budget) = (None, None, None, false, None, None);
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        let name = argument.to_string_lossy().into_owned();
        let mut value = || arguments.next().ok_or_else(|| usage(&format!("{name} needs a value")));
        match name.as_str() {
            "--wasm" => wasm = Some(PathBuf::from(value()?)),
            "--style" => style = Some(PathBuf::from(value()?)),
            "--out" => out = Some(PathBuf::from(value()?)),
            "--dev" => dev = true,
            "--wasm-opt" => wasm_opt = Some(PathBuf::from(value()?)),
            "--budget" => budget = Some(value()?.to_string_lossy().parse().map_err(|_| usage("--budget takes a number of bytes"))?),
            _ => return Err(usage(&format!("unknown argument {name}"))),
        }
    }
    let missing = || usage("--wasm, --style and --out are needed");
    let options = Options {
        wasm: wasm.ok_or_else(missing)?,
        style: style.ok_or_else(missing)?,
        out: out.ok_or_else(missing)?,
        dev,
        wasm_opt: wasm_opt.filter(|program| optimise::usable(program)),
    };
    Ok((options, budget))
}
