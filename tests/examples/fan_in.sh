. tests/examples/helper.sh
for workers in 1 2 4; do
    VELA_WORKERS=$workers capture run examples/fan_in.vela
    check "fan_in on $workers threads" 0
    check_output "fan_in on $workers threads" "Cairo: 10 measurements, warmest 29.0
Lima: 10 measurements, warmest 22.5
Oslo: 10 measurements, warmest 0.5"
done
finish
