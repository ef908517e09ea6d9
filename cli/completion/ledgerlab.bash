# Bash completion of ledgerlab: verbs, options, scenario files, model names.
_ledgerlab() {
  local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}
  local run_options="--seed --seeds --set --system --out --json --csv --quiet --force --trace
    --no-sharing --help"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "run compare report plot calibrate plan models new trace validate conform store --help --version" -- "$cur")
    return
  fi
  case $verb in
    run | compare)
      case $cur in
        -*) mapfile -t COMPREPLY < <(compgen -W "$run_options" -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(compgen -o plusdirs -f -X '!*.toml' -- "$cur") ;;
      esac ;;
    plot)
      case ${COMP_WORDS[COMP_CWORD - 1]}:$cur in
        --kind:*) mapfile -t COMPREPLY < <(compgen -W "latency throughput regions comparison
          blocks" -- "$cur") ;;
        *:-*) mapfile -t COMPREPLY < <(compgen -W "--kind --out --help" -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
      esac ;;
    report)
      case $cur in
        -*) mapfile -t COMPREPLY < <(compgen -W "--out --help" -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
      esac ;;
    calibrate) mapfile -t COMPREPLY < <(compgen -W "--out --seconds --json --force --help" -- "$cur") ;;
    plan)
      case $cur in
        -*) mapfile -t COMPREPLY < <(compgen -W "--seed --set --json --canonical --help" -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(compgen -o plusdirs -f -X '!*.toml' -- "$cur") ;;
      esac ;;
    models)
      if [ "$COMP_CWORD" -eq 2 ]; then
        mapfile -t COMPREPLY < <(compgen -W "list show schema" -- "$cur")
      elif [ "${COMP_WORDS[2]}" = show ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" models list 2>/dev/null |
          awk '{ sub(/@.*/, "", $2); print $2 }')" -- "$cur")
      fi ;;
    store)
      if [ "$COMP_CWORD" -eq 2 ]; then
        mapfile -t COMPREPLY < <(compgen -W "import info verify snapshot restore convert prune
          put-blob get-blob" -- "$cur")
      else
        case ${COMP_WORDS[COMP_CWORD - 1]}:$cur in
          --mode:*) mapfile -t COMPREPLY < <(compgen -W "files sqlite leveldb" -- "$cur") ;;
          *:-*) mapfile -t COMPREPLY < <(compgen -W "--mode --keep --genesis --block --block-hash
            --help" -- "$cur") ;;
          *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        esac
      fi ;;
    new) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=(consensus) ;;
    trace)
      case $cur in
        -*) mapfile -t COMPREPLY < <(compgen -W "--node --type --from --until --limit --help" -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(compgen -o plusdirs -f -X '!*.lltrace' -- "$cur") ;;
      esac ;;
    validate)
      case $cur in
        -*) mapfile -t COMPREPLY < <(compgen -W "--set --effort --budget --seed --worlds --json
          --markdown --list --help" -- "$cur") ;;
        *) [ "$COMP_CWORD" -eq 2 ] && mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" \
          validate --list 2>/dev/null | awk '/^[^ ]/ { print $1 }')" -- "$cur") ;;
      esac ;;
    conform)
      case ${COMP_WORDS[COMP_CWORD - 1]} in
        --purpose) mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" conform --list \
          2>/dev/null | awk '/^  TP-/ { print $1 }')" -- "$cur") ;;
        --system) mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" models list \
          2>/dev/null | awk '$1 == "consensus" { sub(/@.*/, "", $2); print $2 }')" -- "$cur") ;;
        --catalogue) COMPREPLY=(7.1.5) ;;
        *) mapfile -t COMPREPLY < <(compgen -W "--catalogue --purpose --system --twins --json --list
          --details --markdown --out --help" -- "$cur") ;;
      esac ;;
  esac
}
complete -o filenames -F _ledgerlab ledgerlab
